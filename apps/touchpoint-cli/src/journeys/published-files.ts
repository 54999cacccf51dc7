import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publicationChecker, type Publication, type PublicationFiles } from '@touchpoint/orchestration';
import { CliError } from '../system/cli-error.ts';
import { repositoryRoot } from '../system/places.ts';

const FOLDERS = ['journeys', 'segments', 'templates'];

const readFiles = async (root: string): Promise<PublicationFiles> => {
  const files: Record<string, string> = {};
  for (const folder of FOLDERS)
    for (const entry of await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => [])) {
      if (!entry.isFile() || entry.name.startsWith('.')) continue;
      const path = join(entry.parentPath, entry.name);
      files[path.slice(root.length + 1)] = await readFile(path, 'utf8');
    }
  return files;
};

/**
 * Reads and checks everything under `journeys/`, `segments/` and `templates/` of a folder: the repository's unless told.
 * @throws CliError that lists what is to mend, file by file.
 */
export const readPublication = async (root: string = repositoryRoot): Promise<Publication> => {
  const files = await readFiles(root);
  const checked = publicationChecker()(files);
  if ('publication' in checked) return checked.publication;
  throw new CliError('JOURNEYS.INVALID', `There is something to mend, nothing was published:\n${checked.issues.map(({ file, path, message }) => `  ${file}${path} ${message}`).join('\n')}`);
};

/** How many journeys, segments and templates, for people. */
export const countsOf = ({ journeys, segments, templates }: Publication): string => {
  const count = (json: string) => (JSON.parse(json) as readonly unknown[]).length;
  return `${count(journeys)} journeys, ${count(segments)} segments, ${count(templates)} templates`;
};
