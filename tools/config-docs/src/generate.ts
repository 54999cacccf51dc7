import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { kafka, postgres, registry, sourceKeys, vault, type ConfigDefinition } from '@touchpoint/host/config';
import { renderEnvExample, renderMarkdown } from './render.ts';

const ROOT = join(import.meta.dirname, '../../..');

const isDefinition = (exported: unknown): exported is ConfigDefinition =>
  typeof exported === 'object' && exported !== null && 'app' in exported && typeof exported.app === 'string' && 'keys' in exported && typeof exported.keys === 'object';

/** The definition that each app's `config.ts` exports. Importing one reads nothing of the environment. */
export const readDefinitions = async (root: string): Promise<readonly ConfigDefinition[]> => {
  const files = globSync('apps/*/src/config.ts', { cwd: root }).sort();
  return Promise.all(files.map(async (file) => {
    const module = (await import(pathToFileURL(join(root, file)).href)) as Record<string, unknown>;
    const found = Object.values(module).filter(isDefinition);
    if (found.length !== 1) throw new Error(`${file} must export one definition made by defineConfig; it exports ${found.length}`);
    return found[0]!;
  }));
};

/** The shared blocks are on the page, too, while no app reads them. */
const sharedWithoutApp = (definitions: readonly ConfigDefinition[]): ConfigDefinition => {
  const read = new Set(definitions.flatMap(({ keys }) => Object.keys(keys)));
  const shared = { ...kafka, ...registry, ...postgres, ...vault, ...sourceKeys };
  return { app: '', keys: Object.fromEntries(Object.entries(shared).filter(([name]) => !read.has(name))) };
};

export const renderFiles = (definitions: readonly ConfigDefinition[]): ReadonlyMap<string, string> => {
  const all = [...definitions, sharedWithoutApp(definitions)];
  return new Map([['.env.example', renderEnvExample(all)], ['docs/configuration.md', renderMarkdown(all)]]);
};

export const outdatedFiles = (root: string, files: ReadonlyMap<string, string>): readonly string[] =>
  [...files].filter(([name, text]) => !existsSync(join(root, name)) || readFileSync(join(root, name), 'utf8') !== text).map(([name]) => name);

if (import.meta.main) {
  const files = renderFiles(await readDefinitions(ROOT));
  const old = outdatedFiles(ROOT, files);
  if (!process.argv.includes('--check')) {
    for (const name of old) {
      mkdirSync(dirname(join(ROOT, name)), { recursive: true });
      writeFileSync(join(ROOT, name), files.get(name)!);
    }
    console.log(old.length > 0 ? `Written: ${old.join(', ')}` : 'Nothing to write: the configuration page is up to date.');
  } else if (old.length > 0) {
    console.error(`Not up to date: ${old.join(', ')}. Run \`npm run config-docs\`.`);
    process.exitCode = 1;
  }
}
