import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { incompatibilities } from './compatibility.ts';
import { brokenPromises, LOCK, unreleased } from './released-lock.ts';
import { breaches } from './rules.ts';
import { readSchemas, type SchemaFile } from './schema-files.ts';

export type Verdict = Readonly<{ files: readonly SchemaFile[]; lock: string; problems: readonly string[]; unreleased: readonly SchemaFile[] }>;

/** Everything that is checked of a folder of schemas. `history` is the lock at earlier commits, as far as they are known. */
export const judge = (schemas: string, history: readonly string[]): Verdict => {
  const files = readSchemas(schemas);
  const path = join(schemas, LOCK);
  const lock = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const problems = [...breaches(files), ...incompatibilities(files), ...brokenPromises(files, lock, history)];
  return { files, lock, problems, unreleased: unreleased(files, lock) };
};
