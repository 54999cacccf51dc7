import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATED, SCHEMAS } from './places.ts';
import { render } from './render.ts';
import { readSchemas } from './schema-files.ts';

/** Names of the files in `folder` that are missing, different or left over. */
export const outdated = (files: ReadonlyMap<string, string>, folder: string): readonly string[] => {
  const there = listed(folder);
  const changed = [...files].filter(([name, text]) => !there.includes(name) || readFileSync(join(folder, name), 'utf8') !== text).map(([name]) => name);
  return [...changed, ...there.filter((name) => !files.has(name))].sort();
};

const listed = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
};

export const write = (files: ReadonlyMap<string, string>, folder: string): void => {
  mkdirSync(folder, { recursive: true });
  for (const name of listed(folder)) if (!files.has(name)) rmSync(join(folder, name));
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
};

if (import.meta.main) {
  const files = render(readSchemas(SCHEMAS));
  const old = outdated(files, GENERATED);
  if (!process.argv.includes('--check')) {
    write(files, GENERATED);
    console.log(old.length ? `Written: ${old.join(', ')}` : 'Nothing to write: the generated files are up to date.');
  } else if (old.length) {
    console.error(`Not up to date: ${old.join(', ')}. Run \`npm run codegen\`.`);
    process.exitCode = 1;
  }
}
