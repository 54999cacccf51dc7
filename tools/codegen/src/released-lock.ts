import { createHash } from 'node:crypto';
import type { SchemaFile } from './schema-files.ts';

/** `schemas/released.lock`: one line `<sha256> <path>` for each released schema. Lines are only ever added. */
export const LOCK = 'released.lock';

const LINE = /^([0-9a-f]{64}) (\S+)$/;
const linesOf = (lock: string): readonly string[] => lock.split('\n').filter((line) => line !== '');

/** The hash of a schema's text; how a checkout ends lines does not count. */
export const hashOf = (text: string): string => createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex');
const lineFor = (file: SchemaFile): string => `${hashOf(file.text)} ${file.path}`;

/** Paths that the lock names. */
const released = (lock: string): ReadonlySet<string> => new Set(linesOf(lock).map((line) => line.slice(65)));
export const unreleased = (files: readonly SchemaFile[], lock: string): readonly SchemaFile[] => files.filter((file) => !released(lock).has(file.path));

/** The lock with everything that is there added. */
export const withReleased = (files: readonly SchemaFile[], lock: string): string =>
  [...linesOf(lock), ...unreleased(files, lock).map(lineFor)].map((line) => `${line}\n`).join('');

const ofLine = (line: string, files: readonly SchemaFile[]): readonly string[] => {
  const [, hash, path] = LINE.exec(line) ?? [];
  if (!path) return [`${LOCK}: not a line of hash and path: ${line}`];
  const file = files.find((one) => one.path === path);
  if (!file) return [`${path} is released and is gone: a released schema stays for ever`];
  return hashOf(file.text) === hash ? [] : [`${path} is released and was changed: undo it, and write the next version`];
};

/**
 * Breaches of what a release promises. `history` holds the lock as it was at earlier commits: whatever it said then, it still says.
 */
export const brokenPromises = (files: readonly SchemaFile[], lock: string, history: readonly string[]): readonly string[] => {
  const lines = linesOf(lock);
  const paths = released(lock);
  const lost = new Set(history.flatMap(linesOf).filter((line) => !lines.includes(line)));
  return [
    ...lines.flatMap((line) => ofLine(line, files)),
    ...(paths.size === lines.length ? [] : [`${LOCK}: a path stands there twice`]),
    ...[...lost].map((line) => `${LOCK}: a line that was committed is gone: ${line}`),
    ...files.filter((file) => paths.has(file.path) && files.some((older) => older.fullName === file.fullName && older.version < file.version && !paths.has(older.path))).map((file) => `${file.path} is released before an older version`),
  ];
};
