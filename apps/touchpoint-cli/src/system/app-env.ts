import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ConfigDefinition, Env } from '@touchpoint/host/config';
import { repositoryRoot } from './places.ts';

const isDefinition = (exported: unknown): exported is ConfigDefinition => typeof exported === 'object' && exported !== null && 'app' in exported && 'keys' in exported;

/** What an app says that it reads from its environment: the one definition that its config.ts exports. No app may import another, so it is found by its file name. */
export const declaredBy = async (app: string): Promise<ConfigDefinition> => {
  const module = (await import(pathToFileURL(join(repositoryRoot, 'apps', app, 'src/config.ts')).href)) as Readonly<Record<string, unknown>>;
  const definition = Object.values(module).find(isDefinition);
  if (!definition) throw new Error(`apps/${app}/src/config.ts exports no definition made by defineConfig`);
  return definition;
};

/** What any process needs; nothing that changes how Node behaves. */
const PASSED = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TZ', 'LANG', 'SystemRoot'];

/** All of the environment of an app: what it declares and nothing else, so that no app holds a secret that it does not use. `ours` goes before `env`. */
export const appEnvironment = ({ keys }: ConfigDefinition, ours: Env, env: Env): Readonly<Record<string, string>> => {
  const chosen = [...PASSED.map((name) => [name, env[name]] as const), ...Object.keys(keys).map((name) => [name, ours[name] ?? env[name]] as const)];
  return Object.fromEntries(chosen.filter((entry): entry is [string, string] => entry[1] !== undefined));
};
