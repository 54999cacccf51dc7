import { open, readFile, rename } from 'node:fs/promises';
import { CliError } from './cli-error.ts';

/** A JSON file that only its owner may read (mode 0600); undefined where there is none. @throws CliError when it is no JSON; prints nothing of it. */
export const readPrivate = async (path: string): Promise<Readonly<Record<string, unknown>> | undefined> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below, without the text.
  }
  throw new CliError('SYSTEM.BAD_FILE', `${path} cannot be read: restore it, or remove it if you can do without what it held`);
};

/** Whole or not at all, on disk before it returns. */
export const writePrivate = async (path: string, value: object): Promise<void> => {
  const draft = `${path}.new`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(`${JSON.stringify(value, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
};
