import { mkdir } from 'node:fs/promises';
import { startStack, type Stack } from '@touchpoint/stack';
import { AppProcess } from './app-process.ts';
import { appEnvironment, declaredBy } from './app-env.ts';
import { buildBundles, buildError, type BrokenBundle } from './bundles.ts';
import { CliError } from './cli-error.ts';
import { openControl } from './control-server.ts';
import { readSettings, writeSettings } from './kept-settings.ts';
import { logFile } from './places.ts';
import { choosePorts, untilFree } from './ports.ts';
import { RunningSystem } from './running-system.ts';
import { loadSecrets } from './secrets.ts';
import { settingsOf } from './settings.ts';
import { bundleOf } from './spawn-app.ts';
import { steps, type Steps } from './steps.ts';
import { openSystemLog } from './system-log.ts';
import type { System, SystemOptions } from './system.ts';

const READY_WITHIN_MS = 120_000;

/**
 * Brings up a whole system from this process: the parts of the stack that are missing, bundles, topics, schemas, database, secrets and keys, then every app in a
 * process of its own. Resolves when all of them are ready. Where something fails, what this call started is stopped again, and the error names it.
 * @throws CliError (SYSTEM.RUNNING when the folder's system runs already), StackError or ConfigError; each message says what to do.
 */
export const startSystem = async (options: SystemOptions = {}): Promise<System> => {
  const settings = settingsOf(options);
  const { places } = settings;
  await mkdir(places.logs, { recursive: true });
  const log = openSystemLog(places);
  const system = new RunningSystem(settings, log);
  if (options.onEvent) system.onEvent(options.onEvent);

  const calledOff = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, calledOff.signal]) : calledOff.signal;
  let starting: Promise<void> = Promise.resolve();
  const control = await openControl(places.dir, {
    status: () => system.view(),
    start: async (tell) => {
      await starting;
      await system.startMissing(tell);
    },
    stop: async (tell) => {
      system.emit({ kind: 'asked-to-stop' });
      calledOff.abort(new CliError('SYSTEM.CALLED_OFF', 'Stopped by another process before it was ready'));
      await starting.catch(() => undefined);
      await system.stop(tell);
    },
  });
  system.closeControl = control.close;
  log.line('info', {}, 'the system starts');
  try {
    await (starting = bringUp(system, options, signal));
    log.line('info', { durationMs: Date.now() - system.since }, 'the system is ready');
    return system;
  } catch (error) {
    log.line('error', {}, 'the system could not be started');
    await system.stop().catch(() => undefined);
    throw signal.aborted ? (signal.reason as unknown) : error;
  }
};

const bringUp = async (system: RunningSystem, options: SystemOptions, signal: AbortSignal): Promise<void> => {
  const { settings } = system;
  const { places, instances, topicPrefix } = settings;
  const step = steps(options.onProgress ?? (() => undefined), signal);
  const kept = await readSettings(places);
  const ports = await choosePorts(instances, { usual: settings.usualPorts, kept: kept.ports, asked: settings.askedPorts, seed: places.dir });
  await writeSettings(places, { ports: { ...kept.ports, ...ports }, topicPrefix });

  // Side by side: what needs no part of the stack, and the stack.
  const apps = [...new Set(instances.map(({ app }) => app.name))];
  const { secrets, made } = await loadSecrets(places, settings.givenSecrets);
  system.secrets = secrets;
  if (made) step.note('secrets', `made, kept in ${places.secrets} (mode 0600)`);
  const setUpReady = import('./set-up.ts');
  const definitions = Promise.all(apps.map(async (app) => [app, await declaredBy(app)] as const));
  const built = options.build === false ? Promise.resolve([]) : step.run('build', 'bundling the apps', () => unlessAborted(bundle(apps, options), signal), (broken) => (broken.length > 0 ? `${broken.length} of ${apps.length} apps do not build` : `${apps.length} apps bundled`));
  const free = Promise.all(instances.map(({ name, app }) => untilFree(ports[name]!, settings.host, app.name, () => step.busy(name, `waits for port ${ports[name]}`), { signal })));
  const stack = bringUpStack(system, settings.env, step, signal);
  const all = await settled([setUpReady, definitions, built, free, stack] as const);
  const [setUp, declared, broken] = all;

  const { connections } = system;
  const [, , access] = await settled([
    step.run('topics', 'creating', () => setUp.setUpTopics(connections, topicPrefix, settings.partitions), (made) => (made.length > 0 ? `${made.length} created` : 'there')),
    step.run('schemas', 'registering', () => setUp.setUpSchemas(connections.schemaRegistryUrl, topicPrefix, places), ({ subjects, registered }) => (registered > 0 ? `${registered} registered` : `${subjects} there`)),
    step.run('database', 'migrating', () => setUp.setUpDatabase(connections), (applied) => (applied.length > 0 ? `${applied.length} migrations applied` : 'up to date'))
      .then(() => setUp.setUpAccess(connections, places, secrets)),
  ] as const);
  system.keys = access.own;
  if (access.first) system.firstKeys = access.first;
  signal.throwIfAborted();

  const given = { KAFKA_BROKERS: connections.kafkaBrokers.join(','), SCHEMA_REGISTRY_URL: connections.schemaRegistryUrl, DATABASE_URL: connections.databaseUrl, TOPIC_PREFIX: topicPrefix, ...secrets };
  const definitionOf = new Map(declared);
  for (const instance of instances) {
    const { name, app } = instance;
    const port = ports[name]!;
    const own = { ...given, ...options.appEnv?.[app.name], HOST: settings.host, PORT: String(port) };
    const env = { ...appEnvironment(definitionOf.get(app.name)!, own, settings.env), NODE_COMPILE_CACHE: places.compileCache };
    const launch = { instance, bundle: bundleOf(app.name), port, host: settings.host === '0.0.0.0' ? '127.0.0.1' : settings.host, env, log: logFile(places, name), dir: places.dir, policy: settings.restarts };
    system.apps.set(name, new AppProcess(launch, (event) => system.emit({ kind: 'app', ...event })));
  }
  await startApps(system, broken.map(({ app }) => app), options, step, signal);
  signal.throwIfAborted();
  system.ready = true;
  for (const { part, run } of options.afterReady ?? []) await step.run(part, 'working', () => run(system), (text) => text).catch(() => undefined);
};

const bundle = async (apps: readonly string[], { tolerant = false }: SystemOptions): Promise<readonly BrokenBundle[]> => {
  const broken = await buildBundles(apps);
  if (broken.length > 0 && !tolerant) throw buildError(broken);
  return broken;
};

const bringUpStack = async (system: RunningSystem, env: SystemOptions['env'], step: Steps, signal: AbortSignal): Promise<Stack> => {
  const started = await startStack({
    dir: system.dir,
    ...(env && { env }),
    signal,
    onProgress: ({ part, message }) => (/^ready after/.test(message) ? step.done(part, 'ready') : step.busy(part, message)),
  });
  system.stack = started;
  for (const { name, origin } of started.parts) step.done(name, origin === 'external' ? 'from the environment' : origin === 'adopted' ? 'ready (ran already)' : 'ready');
  started.onPartDied((dead) => system.emit({ kind: 'part-died', dead }));
  return started;
};

const startApps = async (system: RunningSystem, broken: readonly string[], { readyWithinMs = READY_WITHIN_MS, tolerant = false }: SystemOptions, step: Steps, signal: AbortSignal): Promise<void> => {
  const startable = [...system.apps.values()].filter(({ launch }) => !broken.includes(launch.instance.app.name));
  await settled(startable.map((app) =>
    step.run(app.name, 'starting', async () => {
      await app.start();
      await app.untilReady(readyWithinMs, signal);
    }, () => `ready on ${app.launch.port}`).catch((error: unknown) => {
      if (!tolerant || signal.aborted) throw error;
    }),
  ));
};

/** A Ctrl-C at the terminal ends esbuild's own process too, and what was asked of it may never be answered. */
const unlessAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  Promise.race([work, new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }))]);

/** All of them, and only then the first failure: nothing goes on unseen while what was started is being stopped. */
const settled = async <const T extends readonly Promise<unknown>[]>(work: T): Promise<{ -readonly [I in keyof T]: Awaited<T[I]> }> => {
  await Promise.allSettled(work);
  return (await Promise.all(work)) as { -readonly [I in keyof T]: Awaited<T[I]> };
};
