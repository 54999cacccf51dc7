import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { halt } from '@touchpoint/kernel';
import type { Sequence } from './tables.ts';

export type PartFile = Readonly<{ name: string; table: string; columns: string; rows: number; bytes: number; sha256: string }>;
/** What a snapshot is, beside its files. No personal value. */
export type Manifest = Readonly<{
  kind: 'touchpoint snapshot';
  version: 1;
  takenAt: string;
  incarnation: number;
  shape: Readonly<Record<string, string>>;
  days: readonly string[];
  sequences: readonly Sequence[];
  checkpoints: readonly Readonly<{ consumer: string; topic: string; partition: number; next: number }>[];
  parts: readonly PartFile[];
}>;

export const MANIFEST = 'manifest.json';
export const fileOf = (folder: string, name: string): string => join(folder, `${name}.copy`);

/** @throws Failure Halt `SNAPSHOT.NONE` for a folder that holds no whole snapshot. */
export const readManifest = async (folder: string): Promise<Manifest> => {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => undefined);
  const manifest = text === undefined ? undefined : (JSON.parse(text) as Manifest);
  if (manifest?.kind !== 'touchpoint snapshot') throw halt('SNAPSHOT.NONE', `${folder} holds no snapshot: one whose making was interrupted has no ${MANIFEST}`);
  if (manifest.version !== 1) throw halt('SNAPSHOT.VERSION', `${folder} is a snapshot of version ${String(manifest.version)}; this release reads 1`);
  return manifest;
};

/** @throws Failure Halt `SNAPSHOT.DAMAGED` for a file that is not what was written. */
export const checkFile = async (folder: string, { name, sha256 }: PartFile): Promise<void> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(fileOf(folder, name)), hash).catch(() => undefined);
  if (hash.digest('hex') !== sha256) throw halt('SNAPSHOT.DAMAGED', `${fileOf(folder, name)} is not what was written: nothing is loaded`);
};
