import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { issueLines, mappingChecker, type CompiledMapping } from '@touchpoint/mapping';
import { CliError, EXIT } from '../system/cli-error.ts';
import { repositoryRoot } from '../system/places.ts';

/** A mapping that passed its check. `hash` is of its text: another text may make other events of the same rows. */
export type MappingFile = Readonly<{ path: string; hash: string; compiled: CompiledMapping }>;

/** How the file's characters are written as bytes. */
export const encodingOf = ({ mapping }: CompiledMapping): string => mapping.encoding ?? 'utf-8';

const folder = join(repositoryRoot, 'mappings');
/** A path, or the name of a mapping of the repository. */
const pathOf = (given: string): string => {
  const own = join(folder, `${given}.json`);
  return !existsSync(given) && basename(given) === given && existsSync(own) ? own : given;
};

/** @throws CliError that says what is wrong in it, and where */
export const readMapping = async (given: string): Promise<MappingFile> => {
  const path = pathOf(given);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CliError('IMPORT.MAPPING', `The mapping ${given} cannot be read (${(cause as NodeJS.ErrnoException).code}). Mappings of the repository lie in ${relative(process.cwd(), folder) || '.'}.`, { cause });
  });
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new CliError('IMPORT.MAPPING', `The mapping ${path} is no JSON: ${(cause as Error).message}`, { exitCode: EXIT.usage, cause });
  }
  const schema = JSON.parse(await readFile(join(repositoryRoot, 'schemas/mapping.schema.json'), 'utf8')) as object;
  const checked = mappingChecker(schema)(document);
  if ('issues' in checked) {
    const count = checked.issues.length;
    throw new CliError('IMPORT.MAPPING', `The mapping ${path} has ${count === 1 ? 'a fault' : `${count} faults`}:`, { exitCode: EXIT.usage, detail: issueLines(checked.issues) });
  }
  return { path, hash: createHash('sha256').update(text).digest('hex'), compiled: checked };
};
