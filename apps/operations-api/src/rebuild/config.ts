import { defineConfig, kafka, loadConfig, postgres, registry, type Env } from '@touchpoint/host/config';

/** All that a process which folds the log is given: where the log and the tables are. No secret of the vault's, no provider's: replay is silent because it cannot speak. */
const definition = defineConfig('operations-api fold', { ...kafka, ...registry, ...postgres });

export const foldConfig = (env: Env = process.env) => loadConfig(definition, env);
/** What of the environment of operations-api goes to such a process, and what any process needs to run. */
export const foldEnvironment = (env: Env): Record<string, string> =>
  Object.fromEntries(['PATH', 'TZ', ...Object.keys(definition.keys)].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
