import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ConfigDefinition, Env } from '@touchpoint/host/config';
import { repositoryRoot } from './places.ts';

/** What an app says that it reads from its environment. No app may import another, so it is found by its file name. */
export const declaredBy = async (app: string): Promise<ConfigDefinition> => {
  const { config } = (await import(pathToFileURL(join(repositoryRoot, 'apps', app, 'src/config.ts')).href)) as { config: ConfigDefinition };
  return config;
};

/** What any process needs; nothing that changes how Node behaves. */
const PASSED = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TZ', 'LANG', 'SystemRoot'];

/** All of the environment of an app: what it declares and nothing else, so that no app holds a secret that it does not use. `ours` goes before `env`. */
export const appEnvironment = ({ keys }: ConfigDefinition, ours: Env, env: Env): Readonly<Record<string, string>> => {
  const chosen = [...PASSED.map((name) => [name, env[name]] as const), ...Object.keys(keys).map((name) => [name, ours[name] ?? env[name]] as const)];
  return Object.fromEntries(chosen.filter((entry): entry is [string, string] => entry[1] !== undefined));
};
