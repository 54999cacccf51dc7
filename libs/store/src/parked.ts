import { packRecords, STRAYS, unpackRecords, type LogRecord } from '@touchpoint/log';
import type { CheckpointKey } from './checkpoint.ts';
import { query, type Client, type Queryable } from './pool.ts';

/** A record set aside, with why. `detail` names fields, never values. */
export type Parking = Readonly<{ record: LogRecord; key: string; code: string; detail: string; /** Later records of its key go on. */ alone?: true; /** What was thrown, for the log. */ error?: unknown }>;
export type Parked = Parking & Readonly<{ id: number }>;

/** The code of a record that something of ours failed on. */
export const DEFECT = 'DEFECT';
/** The code of a record that was parked only because an earlier one of its key is. */
export const BEHIND = 'PARKED.BEHIND';

export const behind = (record: LogRecord): Parking => ({ record, key: record.key, code: BEHIND, detail: 'an earlier record of this key is parked' });

/** Node's own errors have codes too, and messages that quote values. */
const OF_NODE = /^ERR_/;

/** Why a record could not be processed: a Failure says so itself; of a defect only its name is kept, since its message may quote data. A stray one is parked alone. */
export const parkingOf = (record: LogRecord, error: unknown): Parking => {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' && !OF_NODE.test(error.code) ? error.code : DEFECT;
  return { record, key: record.key, code, detail: code === DEFECT ? `${error instanceof Error ? error.name : 'something'} was thrown` : (error as Error).message, error, ...(STRAYS.has(code) && { alone: true }) };
};

/** Postgres' text holds no zero character; one in a reason must not keep a record from being parked. */
const printable = (text: string): string => text.replaceAll('\0', '\uFFFD');
/** Far more than a key of ours has, and no more than an index takes. */
const MOST_KEY = 200;
/** A key as it is kept. One that no app of ours gives may be of any form, and must not keep its record from being parked either. */
export const parkedKey = (key: string): string => printable(key.length > MOST_KEY ? key.slice(0, MOST_KEY) : key);

export const insertParked = async (client: Client, { consumer, topic, partition }: CheckpointKey, parkings: readonly Parking[]): Promise<void> => {
  if (parkings.length === 0) return;
  await client.query(
    `insert into log.parked (consumer, topic, partition, "offset", key, code, detail, record, recorded_at, blocking)
     select $1, $2, $3, * from unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::bigint[], $10::boolean[]) on conflict (consumer, topic, partition, "offset") do nothing`,
    [
      consumer, topic, partition,
      parkings.map(({ record }) => record.offset),
      parkings.map(({ key }) => parkedKey(key)),
      parkings.map(({ code }) => printable(code)),
      parkings.map(({ detail }) => printable(detail.slice(0, 500))),
      parkings.map(({ record: { key, value, headers } }) => packRecords([{ topic, partition, key, value, headers }])),
      parkings.map(({ record }) => record.timestamp),
      parkings.map(({ alone }) => !alone),
    ],
  );
  // A key that fails anew while it is redriven is not tried further by itself.
  const failed = parkings.filter(({ alone, code }) => !alone && code !== BEHIND).map(({ key }) => parkedKey(key));
  if (failed.length > 0)
    await client.query('update log.parked set retry_at = null where consumer = $1 and topic = $2 and partition = $3 and key = any($4::text[]) and retry_at is not null', [consumer, topic, partition, failed]);
};

/** The keys whose records must go on being parked, in order, behind an earlier one. */
export const parkedKeys = async (on: Queryable, { consumer, topic, partition }: CheckpointKey): Promise<Set<string>> =>
  new Set((await query<{ key: string }>(on, 'select distinct key from log.parked where consumer = $1 and topic = $2 and partition = $3 and blocking', [consumer, topic, partition])).map(({ key }) => key));

/** `remaining`: keys of which later records are parked. They stay parked: what comes for them meanwhile goes behind those. */
export type Retries = Readonly<{ records: readonly Parked[]; remaining: ReadonlySet<string> }>;
type RetryRow = { id: string; offset: string; key: string; code: string; detail: string; record: Buffer; recorded_at: string; more: boolean };

/**
 * The first parked records of the keys whose retry was asked for, in log order; the partition's owner redrives them between batches, and asks again for
 * what is left. They are held in memory and sent as one piece: at most so many records and bytes, and always one.
 */
export const readRetries = async (on: Queryable, { consumer, topic, partition }: CheckpointKey, { records = 1_000, bytes = 4 * 1024 * 1024 } = {}): Promise<Retries> => {
  const rows = await query<RetryRow>(
    on,
    `with asked as (select distinct key from log.parked where consumer = $1 and topic = $2 and partition = $3 and retry_at is not null),
       first as (select p.* from log.parked p join asked using (key) where consumer = $1 and topic = $2 and partition = $3 and (p.blocking or p.retry_at is not null) order by "offset" limit $4),
       sized as (select *, sum(octet_length(record)) over (order by "offset") as bytes, row_number() over (order by "offset") as nth from first)
     select id, "offset", key, code, detail, record, recorded_at,
       exists (select from log.parked l where l.consumer = $1 and l.topic = $2 and l.partition = $3 and l.key = s.key and l."offset" > s."offset" and l.blocking) as more
     from sized s where nth = 1 or bytes <= $5 order by "offset"`,
    [consumer, topic, partition, records, bytes],
  );
  const last = new Map(rows.map(({ key, more }) => [key, more]));
  return { records: rows.map(parkedOf), remaining: new Set([...last].filter(([, more]) => more).map(([key]) => key)) };
};

const parkedOf = ({ id, offset, key, code, detail, record, recorded_at }: RetryRow): Parked => {
  const [packed] = unpackRecords(record);
  if (!packed) throw new Error(`parked record ${id} is empty`);
  return { id: Number(id), key, code, detail, record: { offset: Number(offset), key: packed.key, timestamp: Number(recorded_at), value: packed.value, headers: packed.headers } };
};

export const deleteParked = async (client: Client, ids: readonly number[]): Promise<void> => {
  await client.query('delete from log.parked where id = any($1::bigint[])', [ids]);
};

export type ParkedSummary = Readonly<{ id: number; consumer: string; topic: string; partition: number; offset: number; key: string; code: string; detail: string; parkedAt: string; retryAt: string | null }>;

/** What is parked, oldest first, for operators. */
export const listParked = async (on: Queryable, { consumer, limit = 100 }: { consumer?: string; limit?: number } = {}): Promise<readonly ParkedSummary[]> =>
  (
    await query<{ id: string; consumer: string; topic: string; partition: number; offset: string; key: string; code: string; detail: string; parked_at: Date; retry_at: Date | null }>(
      on,
      `select id, consumer, topic, partition, "offset", key, code, detail, parked_at, retry_at from log.parked where ($1::text is null or consumer = $1) order by id limit $2`,
      [consumer ?? null, limit],
    )
  ).map(({ id, offset, parked_at, retry_at, ...row }) => ({ ...row, id: Number(id), offset: Number(offset), parkedAt: parked_at.toISOString(), retryAt: retry_at?.toISOString() ?? null }));

/** How many records a consumer has parked for one cause. */
export const countParked = async (on: Queryable, { consumer, code, key }: { consumer: string; code: string; key?: string }): Promise<number> =>
  Number((await query<{ n: string }>(on, 'select count(*) as n from log.parked where consumer = $1 and code = $2 and ($3::text is null or key = $3)', [consumer, code, key ?? null]))[0]!.n);

/** Asks the owners of these keys' partitions to redrive them. @returns how many records that concerns. */
export const requestRetry = async (on: Queryable, { consumer, key }: { consumer: string; key?: string }): Promise<number> =>
  (await query<{ id: string }>(on, 'update log.parked set retry_at = now() where consumer = $1 and ($2::text is null or key = $2) returning id', [consumer, key ?? null])).length;
