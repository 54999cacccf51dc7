import { createReadStream, existsSync } from 'node:fs';
import { halt } from '@touchpoint/kernel';
import { createDays } from '../event-ids.ts';
import { query, transaction, type Pool } from '../pool.ts';
import { copyIn } from './copy-streams.ts';
import { checkFile, fileOf, readManifest, type Manifest, type PartFile } from './manifest.ts';
import { KEYS, shapeOf } from './tables.ts';

export type LoadOptions = Readonly<{
  folder: string;
  /** Another, later snapshot's folder, whose keys are taken; null: none, and every personal value is redacted. */
  keysFrom?: string | null;
  tell: (part: string, done: number, of: number) => void;
}>;

/**
 * Loads a snapshot into a database that has the shape which it was taken of, and that nobody has worked on. In one transaction, with the mark that keeps workers from
 * it: it knows less than the log does, until a restore has run.
 * @throws Failure Halt `SNAPSHOT.…` that says why nothing was loaded
 */
export const loadSnapshot = async (pool: Pool, { folder, keysFrom = folder, tell }: LoadOptions): Promise<Manifest> => {
  const manifest = await readManifest(folder);
  const files = manifest.parts.filter(({ name }) => name !== KEYS).map((part) => ({ part, folder }));
  if (keysFrom !== null) files.push({ part: await keysIn(keysFrom), folder: keysFrom });
  for (const file of files) await checkFile(file.folder, file.part);
  await checkShape(pool, manifest);
  await createDays(pool, manifest.days);
  const tables = files.map(({ part }) => part.table);
  await transaction(pool, async (client) => {
    await client.query("set local statement_timeout = 0; set local idle_in_transaction_session_timeout = '10min'");
    await client.query('lock table log.checkpoint, vault.data_key in exclusive mode');
    const used = await query(client, `select from log.checkpoint union all select from vault.data_key ${tables.includes(AUDIT) ? `union all select from ${AUDIT}` : ''} limit 1`);
    if (used.length > 0) throw halt('SNAPSHOT.NOT_EMPTY', 'this database has been worked on: a snapshot is loaded into one of its own, made by: npx touchpoint prepare');
    for (const table of tables.toReversed()) if (table !== AUDIT) await client.query(`delete from ${table}`);
    for (const [i, { part, folder: from }] of files.entries()) {
      tell(part.name, i, files.length);
      await copyIn(client, `copy ${part.table} (${part.columns}) from stdin (format binary)`, createReadStream(fileOf(from, part.name)) as AsyncIterable<Buffer>);
    }
    for (const { name, last } of manifest.sequences) await client.query('select setval($1::regclass, $2::bigint)', [name, last]);
    await client.query("select setval(pg_get_serial_sequence('vault.data_key', 'key_id'), greatest((select max(key_id) from vault.data_key), (select last_value from vault.data_key_key_id_seq)))");
    await client.query('update log.incarnation set restore_needed = $1', [`this database was loaded from the snapshot of ${manifest.takenAt}, and knows less than the log`]);
  });
  return manifest;
};

/** Nothing is ever deleted of it. */
const AUDIT = 'operations.audit';

const keysIn = async (folder: string): Promise<PartFile> => {
  const part = (await readManifest(folder)).parts.find(({ name }) => name === KEYS);
  if (!part || !existsSync(fileOf(folder, KEYS)))
    throw halt('SNAPSHOT.NO_KEYS', `${folder} has no keys any more: they are deleted after a while, so that nobody opens what was erased. Take those of a later snapshot (--keys FOLDER), or none (--without-keys): personal values are redacted then`);
  return part;
};

const checkShape = async (pool: Pool, { shape }: Manifest): Promise<void> => {
  const ours = await shapeOf(pool);
  const other = [...new Set([...Object.keys(shape), ...Object.keys(ours)])].filter((id) => shape[id] !== ours[id]);
  if (other.length > 0) throw halt('SNAPSHOT.OTHER_RELEASE', `the snapshot was taken by another release: ${other.slice(0, 5).join(', ')} differ. Take the release that made it, and prepare the database with that`);
};
