import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { query, transaction, type Client, type Pool } from '../pool.ts';
import { copyOut } from './copy-streams.ts';
import { fileOf, MANIFEST, readManifest, type Manifest, type PartFile } from './manifest.ts';
import { daysIn, KEYS, partsOf, sequencesOf, shapeOf, type Part } from './tables.ts';

export type WriteOptions = Readonly<{ folder: string; takenAt: Date; signal: AbortSignal; tell: (part: string, done: number, of: number) => void }>;

const PARTIAL = '.partial';

/**
 * Writes the state of one instant into a folder, table by table: Postgres' own binary form, in one transaction that sees nothing of what happens meanwhile. The folder bears
 * its name when all of it is there, and not before: what a killed process leaves is taken for no snapshot.
 */
export const writeSnapshot = async (pool: Pool, { folder, takenAt, signal, tell }: WriteOptions): Promise<Manifest> => {
  const partial = `${folder}${PARTIAL}`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true, mode: 0o700 });
  const manifest = await transaction(pool, async (client) => {
    await client.query("set transaction isolation level repeatable read, read only; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = '10min'");
    const parts = await partsOf(client);
    const files: PartFile[] = [];
    for (const part of parts) {
      signal.throwIfAborted();
      tell(part.name, files.length, parts.length);
      files.push(await writePart(client, partial, part));
    }
    const [row] = await query<{ number: number }>(client, 'select number from log.incarnation');
    const checkpoints = await query<{ consumer: string; topic: string; partition: number; next: string }>(client, 'select consumer, topic, partition, next_offset as next from log.checkpoint order by 1, 2, 3');
    return {
      kind: 'touchpoint snapshot', version: 1, takenAt: takenAt.toISOString(), incarnation: row!.number, shape: await shapeOf(client), days: await daysIn(client), sequences: await sequencesOf(client),
      checkpoints: checkpoints.map(({ next, ...checkpoint }) => ({ ...checkpoint, next: Number(next) })), parts: files,
    } satisfies Manifest;
  });
  await writeDurably(join(partial, MANIFEST), JSON.stringify(manifest, null, 1));
  await rename(partial, folder);
  return manifest;
};

const writePart = async (client: Client, folder: string, { name, table, columns, where }: Part): Promise<PartFile> => {
  const hash = createHash('sha256');
  let bytes = 0;
  const tally = new Transform({
    transform: (piece: Buffer, _, done) => {
      hash.update(piece);
      bytes += piece.length;
      done(null, piece);
    },
  });
  const written = pipeline(tally, createWriteStream(fileOf(folder, name), { mode: 0o600, flush: true }));
  await Promise.all([written, copyOut(client, `copy (select ${columns} from ${table} where ${where}) to stdout (format binary)`, tally).then(() => { if (!tally.destroyed) tally.end(); })]);
  const [row] = await query<{ rows: string }>(client, `select count(*) as rows from ${table} where ${where}`);
  return { name, table, columns, rows: Number(row!.rows), bytes, sha256: hash.digest('hex') };
};

const writeDurably = async (path: string, text: string): Promise<void> => {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
};

/** Deletes the keys of snapshots that were taken before an instant: from then on, nothing that was erased since can be opened by them. @returns how many had some. */
export const dropOldKeys = async (directory: string, before: Date, { apply }: Readonly<{ apply: boolean }>): Promise<number> => {
  let dropped = 0;
  for (const name of await readdir(directory).catch((): string[] => [])) {
    const folder = join(directory, name);
    // A partial one has no manifest yet: whoever was killed over it left keys there, too.
    const takenAt = name.endsWith(PARTIAL) ? undefined : await readManifest(folder).then((manifest) => new Date(manifest.takenAt), () => undefined);
    if (takenAt === undefined || takenAt >= before) continue;
    const there = (await readdir(folder)).includes(`${KEYS}.copy`);
    if (!there) continue;
    if (apply) await rm(fileOf(folder, KEYS));
    dropped += 1;
  }
  return dropped;
};

/** Takes away what killed processes left. To be called by who alone writes snapshots there. @returns how many there were */
export const dropPartial = async (directory: string): Promise<number> => {
  const partial = (await readdir(directory).catch((): string[] => [])).filter((name) => name.endsWith(PARTIAL));
  for (const name of partial) await rm(join(directory, name), { recursive: true, force: true });
  return partial.length;
};
