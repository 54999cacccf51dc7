import { commandConfig, processEnv } from '../config.ts';
import type { Env } from '@touchpoint/host/config';
import { instancesOf, portVariable, presentApps, type AppEntry, type AppInstance } from './apps.ts';
import { CliError, EXIT } from './cli-error.ts';
import { defaultDir, placesOf, type Places } from './places.ts';
import { restartPolicy, type RestartPolicy } from './restart-policy.ts';
import type { SystemOptions } from './system.ts';

/** Options, environment and defaults, made into one. */
export type Settings = Readonly<{
  places: Places;
  env: Env;
  host: string;
  instances: readonly AppInstance[];
  usualPorts: boolean;
  askedPorts: Readonly<Record<string, number | undefined>>;
  topicPrefix: string;
  partitions: number | undefined;
  restarts: RestartPolicy;
  preload: string | undefined;
  givenSecrets: Readonly<{ MASTER_KEY?: string; SOURCE_KEY_SECRET?: string; MASTER_KEY_RING?: string }>;
}>;

/** @throws ConfigError, or CliError for an app that is not there. */
export const settingsOf = (options: SystemOptions, present: readonly AppEntry[] = presentApps()): Settings => {
  const env: Env = {
    ...(options.env ?? processEnv),
    ...(options.kafkaBrokers && { KAFKA_BROKERS: options.kafkaBrokers.join(',') }),
    ...(options.schemaRegistryUrl && { SCHEMA_REGISTRY_URL: options.schemaRegistryUrl }),
    ...(options.databaseUrl && { DATABASE_URL: options.databaseUrl }),
    ...(options.topicPrefix !== undefined && { TOPIC_PREFIX: options.topicPrefix }),
  };
  const config = commandConfig(env);
  const places = placesOf(options.dir ?? config.TOUCHPOINT_DIR);
  const apps = chosen(present, options.apps);
  const replicas = replicasOf(present, options.replicas ?? {});
  const values = config as Readonly<Record<string, unknown>>;
  return {
    places,
    env,
    host: env['HOST']?.trim() || '127.0.0.1',
    instances: instancesOf(apps, replicas),
    usualPorts: places.dir === defaultDir,
    askedPorts: Object.fromEntries(apps.map(({ name }) => [name, values[portVariable(name)] as number | undefined])),
    topicPrefix: config.TOPIC_PREFIX,
    partitions: options.partitions ?? config.TOPIC_PARTITIONS,
    restarts: { ...restartPolicy, ...options.restarts },
    preload: options.preload,
    givenSecrets: {
      ...(config.MASTER_KEY && { MASTER_KEY: config.MASTER_KEY.toString('base64') }),
      ...(config.MASTER_KEY_RING && { MASTER_KEY_RING: config.MASTER_KEY_RING.map((key) => key.toString('base64')).join() }),
      ...(config.SOURCE_KEY_SECRET && { SOURCE_KEY_SECRET: config.SOURCE_KEY_SECRET.toString('base64') }),
    },
  };
};

const known = (present: readonly AppEntry[], name: string): AppEntry => {
  const app = present.find((entry) => entry.name === name);
  if (!app) throw new CliError('SYSTEM.NO_SUCH_APP', `There is no app ${name}: name one of ${present.map((entry) => entry.name).join(', ')}`, { exitCode: EXIT.usage });
  return app;
};

const chosen = (present: readonly AppEntry[], names: readonly string[] | undefined): readonly AppEntry[] => {
  if (!names) return present;
  const wanted = new Set(names.map((name) => known(present, name)));
  return present.filter((app) => wanted.has(app));
};

const replicasOf = (present: readonly AppEntry[], replicas: Readonly<Record<string, number>>): Readonly<Record<string, number>> => {
  for (const [name, count] of Object.entries(replicas)) {
    known(present, name);
    if (!Number.isInteger(count) || count < 1 || count > 20) throw new CliError('SYSTEM.REPLICAS', `${name} cannot have ${count} processes: ask for 1 to 20`, { exitCode: EXIT.usage });
  }
  return replicas;
};
