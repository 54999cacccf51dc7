import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The environment a stack is started with; only the keys named in this file are looked at. */
export type Env = Readonly<Record<string, string | undefined>>;

/** What somebody else runs already and this stack uses as it is. */
export type External = Readonly<{ kafkaBrokers?: readonly string[]; schemaRegistryUrl?: string; databaseUrl?: string }>;

export const processEnv: Env = process.env;
export const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url));
export const defaultDir = join(repositoryRoot, '.stack');

/** An empty variable counts as a missing one. */
export const externalFrom = (env: Env): External => {
  const brokers = (env['KAFKA_BROKERS'] ?? '').split(',').map((broker) => broker.trim()).filter((broker) => broker !== '');
  return {
    ...(brokers.length > 0 && { kafkaBrokers: brokers }),
    ...(env['SCHEMA_REGISTRY_URL'] && { schemaRegistryUrl: env['SCHEMA_REGISTRY_URL'] }),
    ...(env['DATABASE_URL'] && { databaseUrl: env['DATABASE_URL'] }),
  };
};

/** Downloaded jars are shared by all stacks of a user and outlive `npm ci`, hence outside of the repository. */
export const cacheDir = (env: Env): string => {
  if (env['TOUCHPOINT_STACK_CACHE']) return env['TOUCHPOINT_STACK_CACHE'];
  const home = env['HOME'] ?? homedir();
  const caches = env['XDG_CACHE_HOME'] || (process.platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache'));
  return join(caches, 'touchpoint-stack');
};

/** What a part inherits: nothing that could change how Java, Quarkus or Postgres behave. */
export const bareEnv = (env: Env): Record<string, string> => {
  // Each is there on every machine of its kind; paths may hold more than ASCII.
  const bare: Record<string, string> = { LC_ALL: process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8' };
  for (const key of ['PATH', 'HOME']) if (env[key] !== undefined) bare[key] = env[key];
  return bare;
};
