import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Kafka } from 'kafkajs';
import { createLogReader, type LogRecord, type MessageReader } from '@touchpoint/log';
import { query, type Pool } from '@touchpoint/store';
import type { Vault } from '@touchpoint/vault';
import { finderOf } from './clear-forms.ts';
import { sealedInBytes, sealedInRecord, sealedInText, type Found } from './sealed-in.fixture.ts';

export type Placed = LogRecord & Readonly<{ partition: number }>;
/** A place and the bytes it holds, with every sealed value that is in them. */
type Place = Readonly<{ at: string; bytes: Buffer; sealed: readonly Found[] }>;
export type Scanned = Readonly<{
  /** Where a value can be read as it lies there: `place: numbers of the values`. */
  clear: readonly string[];
  /** Where one can be read once what is sealed there was opened with the keys that are left. */
  opened: readonly string[];
  /** Fields of messages that were found sealed and could be opened. */
  fields: ReadonlySet<string>;
  /** What was looked through. */
  looked: Readonly<{ topics: number; records: number; tables: number; rows: number; files: number; sealed: number; bytes: number }>;
}>;
export type Scanner = Readonly<{ kafka: Kafka; prefix: string; reader: MessageReader; pool: Pool; dir: string; vault: () => Vault }>;

export const recordsOf = async ({ kafka, prefix }: Pick<Scanner, 'kafka' | 'prefix'>): Promise<ReadonlyMap<string, readonly Placed[]>> => {
  const admin = kafka.admin();
  await admin.connect();
  const reader = createLogReader(kafka);
  try {
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
    return new Map(await Promise.all(topics.map(async (topic) => {
      const all: Placed[] = [];
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        const offsets = Array.from({ length: Number(high) - Number(low) }, (_, i) => Number(low) + i);
        for (const record of await reader.read(topic, partition, offsets)) all.push({ ...record, partition });
      }
      return [topic.slice(prefix.length), all] as const;
    })));
  } finally {
    await reader.close();
    await admin.disconnect();
  }
};

async function* topics(scanner: Scanner, looked: Counts): AsyncGenerator<Place> {
  for (const [topic, records] of await recordsOf(scanner)) {
    looked.topics += 1;
    for (const record of records) {
      looked.records += 1;
      const headers = Object.entries(record.headers).flatMap(([name, value]) => [Buffer.from(name), value]);
      yield { at: `topic ${topic}`, bytes: Buffer.concat([Buffer.from(record.key), record.value, ...headers]), sealed: await sealedInRecord(record, scanner.reader) };
    }
  }
}

const TABLES = `select format('%I.%I', n.nspname, c.relname) as name, array_agg(a.attname::text order by a.attnum) as columns, array_agg(format_type(a.atttypid, null) order by a.attnum) as types
  from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  where c.relkind in ('r', 'p', 'm', 'v') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') group by 1 order by 1`;

/** Columns that hold records: what is parked, and what waits to be sent. */
const PACKED = ['log.parked.record', 'log.pending.payload'];

/** All that there is in the database: views too, since they may join what lies apart. */
async function* tables({ pool, reader }: Scanner, looked: Counts): AsyncGenerator<Place> {
  for (const { name, columns, types } of await query<{ name: string; columns: string[]; types: string[] }>(pool, TABLES)) {
    looked.tables += 1;
    const select = columns.map((column, i) => `${types[i] === 'bytea' ? `"${column}"` : `"${column}"::text`} as c${i}`).join(', ');
    for (const row of await query<Record<string, Buffer | string | null>>(pool, `select ${select} from ${name}`)) {
      looked.rows += 1;
      for (const [i, column] of columns.entries()) {
        const value = row[`c${i}`];
        if (value === null || value === undefined) continue;
        yield { at: `${name}.${column}`, bytes: Buffer.from(value as string), sealed: typeof value === 'string' ? sealedInText(value) : await sealedInBytes(value, PACKED.includes(`${name}.${column}`), reader) };
      }
    }
  }
}

/** The folder of a system: what its apps logged, above all. */
async function* files({ dir }: Scanner, looked: Counts): AsyncGenerator<Place> {
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    looked.files += 1;
    const path = join(entry.parentPath, entry.name);
    const bytes = await readFile(path);
    yield { at: `file ${relative(dir, path)}`, bytes, sealed: sealedInText(bytes.toString('latin1')) };
  }
}
type Counts = { -readonly [N in keyof Scanned['looked']]: number };

type Text = Readonly<{ at: string; field: string; bytes: Buffer }>;
/** Which values stand where. All bytes are looked through at once first: mostly there is nothing to be found. */
const foundIn = (values: readonly string[], texts: readonly Text[]): readonly Readonly<{ n: number; text: Text }>[] =>
  finderOf(values)(Buffer.concat(texts.flatMap(({ bytes }) => [bytes, Buffer.alloc(1)]))).flatMap((n) => {
    const find = finderOf([values[n]!]);
    return texts.filter(({ bytes }) => find(bytes).length > 0).map((text) => ({ n, text }));
  });

/** Looks for values in all topics, all tables and all files of a system, as they lie there, and in whatever the keys that are left can open. */
export const scan = async (scanner: Scanner, values: readonly string[]): Promise<Scanned> => {
  const looked: Counts = { topics: 0, records: 0, tables: 0, rows: 0, files: 0, sealed: 0, bytes: 0 };
  const lying: Text[] = [];
  const unsealed: Text[] = [];
  const vault = scanner.vault();
  try {
    for (const places of [topics, tables, files])
      for await (const { at, bytes, sealed } of places(scanner, looked)) {
        looked.bytes += bytes.length;
        looked.sealed += sealed.length;
        lying.push({ at, field: '', bytes });
        (await vault.unseal(sealed.map((one) => one.sealed))).forEach((text, i) => { if (text !== null) unsealed.push({ at, field: sealed[i]!.field, bytes: Buffer.from(text) }); });
      }
  } finally {
    vault.close();
  }
  const named = (found: ReturnType<typeof foundIn>) => [...new Set(found.map(({ n, text: { at } }) => `${at}: value ${n}`))];
  const opened = foundIn(values, unsealed);
  return { clear: named(foundIn(values, lying)), opened: named(opened), fields: new Set(opened.map(({ text: { field } }) => field)), looked };
};
