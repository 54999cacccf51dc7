import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repositoryRoot = fileURLToPath(new URL('../../../..', import.meta.url)).replace(/\/$/, '');
export const defaultDir = join(repositoryRoot, '.stack');

/** Where the things of one system lie: all under one folder. */
export type Places = Readonly<{ dir: string; logs: string; secrets: string; keys: string; settings: string; schemas: string; imports: string }>;

export const placesOf = (dir: string): Places => {
  const at = resolve(dir);
  return { dir: at, logs: join(at, 'logs'), secrets: join(at, 'secrets.json'), keys: join(at, 'keys.json'), settings: join(at, 'system.json'), schemas: join(at, 'schemas.json'), imports: join(at, 'imports') };
};
export const logFile = ({ logs }: Places, name: string): string => join(logs, `${name}.log`);
