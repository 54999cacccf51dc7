import { join } from 'node:path';
import { startStack, type Connections } from '@touchpoint/stack';
import type { ConfigDefinition } from '@touchpoint/host/config';
import { AppProcess } from './app-process.ts';
import { appEnvironment, declaredBy } from './app-env.ts';
import type { AppInstance } from './apps.ts';
import { buildBundles, buildError, type BrokenBundle } from './bundles.ts';
import { readSettings, writeSettings } from './kept-settings.ts';
import { logFile } from './places.ts';
import { choosePorts, untilFree, type Ports } from './ports.ts';
import type { RunningSystem } from './running-system.ts';
import { loadSecrets } from './secrets.ts';
import { bundleOf } from './spawn-app.ts';
import { steps, type Steps } from './steps.ts';
import type { SystemOptions } from './system.ts';

const READY_WITHIN_MS = 120_000;

type BringUp = Readonly<{ system: RunningSystem; options: SystemOptions; ports: Ports; step: Steps; signal: AbortSignal }>;

/** Brings up all parts of a system, each as soon as what it leans on is there. What was started when something fails stays in `system`, to be stopped. */
export const bringUp = async (system: RunningSystem, options: SystemOptions, calledOff: AbortSignal): Promise<void> => {
  const { places, instances, usualPorts, askedPorts, topicPrefix } = system.settings;
  const failed = new AbortController();
  const signal = AbortSignal.any([calledOff, failed.signal]);
  const kept = await readSettings(places);
  const ports = await choosePorts(instances, { usual: usualPorts, kept: kept.ports, asked: askedPorts, seed: places.dir });
  await writeSettings(places, { ports: { ...kept.ports, ...ports }, topicPrefix });
  const up: BringUp = { system, options, ports, signal, step: steps(options.onProgress ?? (() => undefined), signal) };
  const together = allOf(failed);

  const apps = [...new Set(instances.map(({ app }) => app.name))];
  const [broken, declared, , connections] = await together([bundles(up, apps), declarations(apps), freePorts(up), stack(up), keepSecrets(up), libraries()] as const);
  const [created] = await together([topics(up, connections), schemas(up, connections), database(up, connections)] as const);
  await (await import('./set-up.ts')).checkLog(connections, topicPrefix, created);
  signal.throwIfAborted();
  for (const instance of instances) addApp(up, instance, connections, declared);
  await startApps(up, broken.map(({ app }) => app));
  signal.throwIfAborted();
  const first = await (await import('./set-up.ts')).setUpFirstKeys(connections, system.keys);
  if (first) system.firstKeys = first;
  system.ready = true;
  for (const { part, run } of options.afterReady ?? []) await up.step.run(part, 'working', () => run(system), (text) => text).catch(() => undefined);
};

/** Loading them takes a second, which the stack needs anyway. */
const libraries = (): Promise<unknown> => Promise.all([import('./set-up.ts'), import('./subjects.ts')]);

const keepSecrets = async ({ system, step }: BringUp): Promise<void> => {
  const { places, givenSecrets } = system.settings;
  const { secrets, made } = await loadSecrets(places, givenSecrets);
  system.secrets = secrets;
  if (made) step.done('secrets', `made, kept in ${places.secrets} (mode 0600)`);
};

const bundles = async ({ options: { build = true, tolerant = false }, step, signal }: BringUp, apps: readonly string[]): Promise<readonly BrokenBundle[]> => {
  if (!build) return [];
  const work = async (): Promise<readonly BrokenBundle[]> => {
    const broken = await unlessAborted(buildBundles(apps), signal);
    if (broken.length > 0 && !tolerant) throw buildError(broken);
    return broken;
  };
  return step.run('build', 'bundling the apps', work, (broken) => (broken.length > 0 ? `${broken.length} of ${apps.length} apps do not build` : `${apps.length} apps bundled`));
};

type Declared = ReadonlyMap<string, ConfigDefinition>;
const declarations = async (apps: readonly string[]): Promise<Declared> => new Map(await Promise.all(apps.map(async (app) => [app, await declaredBy(app)] as const)));

const freePorts = ({ system: { settings: { instances, host } }, ports, step, signal }: BringUp): Promise<unknown> =>
  Promise.all(instances.map(({ name, app }) => untilFree(ports[name]!, host, app.name, () => step.busy(name, `waits for port ${ports[name]}`), { signal })));

const stack = async ({ system, step, signal }: BringUp): Promise<Connections> => {
  const onProgress = ({ part, message }: { part: string; message: string }): void => (/^ready after/.test(message) ? step.done(part, 'ready') : step.busy(part, message));
  const started = await startStack({ dir: system.dir, env: system.settings.env, signal, onProgress });
  system.stack = started;
  for (const { name, origin } of started.parts) step.done(name, origin === 'external' ? 'from the environment' : origin === 'adopted' ? 'ready (ran already)' : 'ready');
  started.onPartDied((dead) => system.emit({ kind: 'part-died', dead }));
  return system.connections;
};

const topics = ({ system: { settings: { topicPrefix, partitions } }, step }: BringUp, connections: Connections): Promise<readonly string[]> =>
  step.run('topics', 'creating', async () => (await import('./set-up.ts')).setUpTopics(connections, topicPrefix, partitions), (made) => (made.length > 0 ? `${made.length} created` : 'there'));

const schemas = ({ system: { settings: { topicPrefix, places } }, step }: BringUp, { schemaRegistryUrl }: Connections): Promise<unknown> =>
  step.run('schemas', 'registering', async () => (await import('./subjects.ts')).setUpSchemas(schemaRegistryUrl, topicPrefix, places),
    ({ subjects, registered }) => (registered > 0 ? `${registered} registered` : `${subjects} there`));

const database = async ({ system, step }: BringUp, connections: Connections): Promise<void> => {
  const { setUpAccess, setUpDatabase } = await import('./set-up.ts');
  await step.run('database', 'migrating', () => setUpDatabase(connections), (applied) => (applied.length > 0 ? `${applied.length} migrations applied` : 'up to date'));
  system.keys = await setUpAccess(connections, system.settings.places, system.secrets);
};

const addApp = ({ system, options, ports }: BringUp, instance: AppInstance, connections: Connections, declared: Declared): void => {
  const { places, host, env, topicPrefix, restarts, preload } = system.settings;
  const { name, app } = instance;
  const { kafkaBrokers, schemaRegistryUrl, databaseUrl } = connections;
  const ours = {
    KAFKA_BROKERS: kafkaBrokers.join(','), SCHEMA_REGISTRY_URL: schemaRegistryUrl, DATABASE_URL: databaseUrl, TOPIC_PREFIX: topicPrefix, SNAPSHOT_DIR: env['SNAPSHOT_DIR'] ?? join(places.dir, 'snapshots'), ...system.secrets,
    ...options.appEnv?.[app.name], HOST: host, PORT: String(ports[name]),
  };
  const launch = {
    instance, bundle: bundleOf(app.name), port: ports[name]!, host: host === '0.0.0.0' ? '127.0.0.1' : host, log: logFile(places, name), dir: places.dir, policy: restarts, preload,
    env: appEnvironment(declared.get(app.name)!, ours, env),
  };
  system.apps.set(name, new AppProcess(launch, (event) => system.emit({ kind: 'app', ...event })));
};

const startApps = async ({ system, options: { readyWithinMs = READY_WITHIN_MS, tolerant = false }, step, signal }: BringUp, broken: readonly string[]): Promise<void> => {
  const startable = [...system.apps.values()].filter(({ launch }) => !broken.includes(launch.instance.app.name));
  const start = (app: AppProcess) => async (): Promise<void> => {
    await app.start();
    await app.untilReady(readyWithinMs, signal);
  };
  const starting = startable.map((app) => step.run(app.name, 'starting', start(app), () => `ready on ${app.launch.port}`).catch((error: unknown) => {
    if (!tolerant || signal.aborted) throw error;
  }));
  await Promise.allSettled(starting);
  await Promise.all(starting);
};

/** A Ctrl-C at the terminal ends esbuild's own process too, and what was asked of it may never be answered. */
const unlessAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  Promise.race([work, new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }))]);

/** Waits for all of them, and only then throws the first failure: nothing goes on unseen while what was started is stopped. A failure calls off the others. */
const allOf = (failed: AbortController) => async <const T extends readonly Promise<unknown>[]>(work: T): Promise<{ -readonly [I in keyof T]: Awaited<T[I]> }> => {
  let first: { error: unknown } | undefined;
  const all = await Promise.all(work.map((one) => one.catch((error: unknown) => {
    first ??= { error };
    failed.abort(error);
  })));
  if (first) throw first.error;
  return all as { -readonly [I in keyof T]: Awaited<T[I]> };
};
