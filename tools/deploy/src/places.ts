import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ConfigDefinition } from '@touchpoint/host/config';
import { parseAllDocuments } from 'yaml';

export const ROOT = join(import.meta.dirname, '../../..');

/** Every app that is a process of its own: the folders that have a module. */
export const appNames = (root = ROOT): readonly string[] => globSync('apps/*/src/app.module.ts', { cwd: root }).map((file) => basename(dirname(dirname(file)))).sort();

const isDefinition = (exported: unknown): exported is ConfigDefinition => typeof exported === 'object' && exported !== null && 'app' in exported && 'keys' in exported;

/** What an app, or the command, reads from its environment. */
export const definitionOf = async (app: string): Promise<ConfigDefinition> => {
  const module = (await import(pathToFileURL(join(ROOT, 'apps', app, 'src/config.ts')).href)) as Readonly<Record<string, unknown>>;
  return Object.values(module).find(isDefinition)!;
};

/** The documents of a YAML file. @throws Error that names the file and the place of what is no YAML; aliases and merge keys are resolved. */
export const readYaml = <T>(path: string): readonly T[] =>
  parseAllDocuments(readFileSync(join(ROOT, path), 'utf8'), { merge: true }).map((document) => {
    if (document.errors.length > 0) throw new Error(`${path}: ${document.errors[0]!.message}`);
    return document.toJS() as T;
  });
