import { transient } from '@touchpoint/kernel';
import { packRecords, STRAYS, unpackRecords, type LogRecord } from '@touchpoint/log';
import { advanceCheckpoint, type Checkpoint, type CheckpointKey } from './checkpoint.ts';
import { query, transaction, type Client, type Pool, type Queryable } from './pool.ts';

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

/** What comes for a key whose retry was asked for, and lies behind it, is retried with it: nobody will ask for it. */
export const insertParked = async (client: Client, { consumer, topic, partition }: CheckpointKey, parkings: readonly Parking[]): Promise<void> => {
  if (parkings.length === 0) return;
  await client.query(
    `insert into log.parked (consumer, topic, partition, "offset", key, code, detail, record, recorded_at, blocking, retry_at)
     select $1, $2, $3, n.*, case when n.code = '${BEHIND}' then (select min(retry_at) from log.parked p where (p.consumer, p.topic, p.partition, p.key) = ($1, $2, $3, n.key) and p.blocking) end
     from unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::bytea[], $9::bigint[], $10::boolean[]) n ("offset", key, code, detail, record, recorded_at, blocking) on conflict (consumer, topic, partition, "offset") do nothing`,
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

/**
 * `keys`: of all that is redriven. `remaining`: those of them of which later records are parked: they stay parked, and what comes for them meanwhile goes behind those.
 * `dropped`: what an operator dropped: to be forgotten (`forgetDropped`), not processed.
 */
/** The offsets that a consumer has passed by on a partition, parked or dropped: what lies there it has not processed, so far or ever. */
export const passedOffsets = async (on: Queryable, { consumer, topic, partition }: CheckpointKey): Promise<readonly number[]> =>
  (await query<{ offset: string }>(on, 'select "offset" from log.parked where consumer = $1 and topic = $2 and partition = $3 union select "offset" from log.dropped where consumer = $1 and topic = $2 and partition = $3 order by 1', [consumer, topic, partition]))
    .map(({ offset }) => Number(offset));

export type Retries = Readonly<{ records: readonly Parked[]; dropped: readonly number[]; keys: ReadonlySet<string>; remaining: ReadonlySet<string> }>;
type RetryRow = { id: string; offset: string; key: string; code: string; detail: string; record: Buffer; recorded_at: string; dropped: boolean; more: boolean };

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
     select id, "offset", key, code, detail, record, recorded_at, dropped,
       exists (select from log.parked l where l.consumer = $1 and l.topic = $2 and l.partition = $3 and l.key = s.key and l."offset" > s."offset" and l.blocking) as more
     from sized s where nth = 1 or bytes <= $5 order by "offset"`,
    [consumer, topic, partition, records, bytes],
  );
  const last = new Map(rows.map(({ key, more }) => [key, more]));
  return {
    records: rows.filter(({ dropped }) => !dropped).map(parkedOf),
    dropped: rows.filter(({ dropped }) => dropped).map(({ id }) => Number(id)),
    keys: new Set(last.keys()),
    remaining: new Set([...last].filter(([, more]) => more).map(([key]) => key)),
  };
};

const parkedOf = ({ id, offset, key, code, detail, record, recorded_at }: Omit<RetryRow, 'dropped' | 'more'>): Parked => {
  const [packed] = unpackRecords(record);
  if (!packed) throw new Error(`parked record ${id} is empty`);
  return { id: Number(id), key, code, detail, record: { offset: Number(offset), key: packed.key, timestamp: Number(recorded_at), value: packed.value, headers: packed.headers } };
};

/**
 * Takes away what was redriven, in the transaction of its effects. @throws Failure Transient `PARKED.DROPPED` when one of them was dropped since it was read: its
 * effects must not be kept, and the transaction goes. A drop that comes later waits for this transaction, and finds nothing.
 */
export const deleteParked = async (client: Client, ids: readonly number[]): Promise<void> => {
  const { rowCount } = await client.query('delete from log.parked where id = any($1::bigint[]) and not dropped', [ids]);
  if (rowCount !== ids.length) throw transient('PARKED.DROPPED', 'a parked record was dropped while it was tried again; the partition is read anew');
};

/** Takes away what an operator dropped, as the partition's owner. @returns the checkpoint to go on with. @throws Failure Fenced */
export const forgetDropped = async (pool: Pool, checkpoint: Checkpoint, ids: readonly number[]): Promise<Checkpoint> => {
  if (ids.length === 0) return checkpoint;
  return transaction(pool, async (client) => {
    const moved = await advanceCheckpoint(client, checkpoint, {});
    await client.query('delete from log.parked where id = any($1::bigint[]) and dropped', [ids]);
    return moved;
  });
};

/** Asks the owners of these keys' partitions to redrive them. @returns how many records that concerns. */
export const requestRetry = async (on: Queryable, { consumer, key }: { consumer: string; key?: string }): Promise<number> =>
  (await query<{ id: string }>(on, 'update log.parked set retry_at = now() where consumer = $1 and ($2::text is null or key = $2) returning id', [consumer, key ?? null])).length;
