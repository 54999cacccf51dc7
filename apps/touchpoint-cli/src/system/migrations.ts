import { globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { migrations as access } from '@touchpoint/host/access';
import { migrations as log, type Migration } from '@touchpoint/store';
import { migrations as vault } from '@touchpoint/vault';
import { repositoryRoot } from './places.ts';

/** An app's migrations lie in its folder, and no app may import another: they are found by their file names. */
const ofApps = async (): Promise<readonly Migration[]> => {
  const files = globSync('apps/*/src/*.migrations.ts', { cwd: repositoryRoot }).sort();
  const modules = await Promise.all(files.map((file) => import(pathToFileURL(join(repositoryRoot, file)).href) as Promise<{ migrations: readonly Migration[] }>));
  return modules.flatMap(({ migrations }) => migrations);
};

/** Everything that a system's database needs, in order: what the libraries keep there, then what each app does. @throws Error when two bear one id. */
export const allMigrations = async (): Promise<readonly Migration[]> => {
  const all = [...log, ...access, ...vault, ...(await ofApps())];
  const twice = all.find(({ id }, i) => all.findIndex((other) => other.id === id) !== i);
  if (twice) throw new Error(`two migrations are called ${twice.id}`);
  return all;
};
