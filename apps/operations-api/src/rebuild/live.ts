import { TOPICS } from '@touchpoint/log';
import { query, transaction, type Client, type Pool, type Queryable } from '@touchpoint/store';
import { LIVE, NEXT } from './read-models.ts';

/** Where the projector stands, by partition. */
export type Positions = ReadonlyMap<number, number>;

const positionsOf = (rows: readonly Readonly<{ partition: number; next_offset: string }>[]): Positions => new Map(rows.map(({ partition, next_offset }) => [partition, Number(next_offset)]));

export const livePositions = async (on: Queryable): Promise<Positions> =>
  positionsOf(await query(on, 'select partition, next_offset from log.checkpoint where consumer = $1 and topic = $2', [LIVE, TOPICS.timeline]));

// Held for as long as the last records take to be folded; a projector whose statement times out meanwhile only tries again.
const PATIENCE = "set local idle_in_transaction_session_timeout = '10min'; set local statement_timeout = '10min'; set local lock_timeout = '30s'";

/** While work runs, the projector commits nothing: it waits at its checkpoints, which are held. Reads go on. `client` is the transaction that holds them. */
export const holdingLive = <T>(pool: Pool, work: (client: Client, positions: Positions) => Promise<T>): Promise<T> =>
  transaction(pool, async (client) => {
    await client.query(PATIENCE);
    const rows = await query<{ partition: number; next_offset: string }>(client, 'select partition, next_offset from log.checkpoint where consumer = $1 and topic = $2 order by partition for update', [LIVE, TOPICS.timeline]);
    return work(client, positionsOf(rows));
  });

/** The same for one partition alone. `to`: where the projector stands. */
export const holdingPartition = <T>(pool: Pool, partition: number, work: (client: Client, to: number) => Promise<T>): Promise<T> =>
  transaction(pool, async (client) => {
    await client.query(PATIENCE);
    const [row] = await query<{ next_offset: string }>(client, 'select next_offset from log.checkpoint where consumer = $1 and topic = $2 and partition = $3 for update', [LIVE, TOPICS.timeline, partition]);
    return work(client, Number(row?.next_offset ?? 0));
  });

/** Whose records are parked, by the projector or by the rebuild, or were dropped, and at which offsets the projector has passed them by: what it has not folded, the rebuild leaves out, too. */
export type PassedBy = Readonly<{ partition: number; customers: readonly string[]; without: readonly number[] }>;
export const passedBy = async (on: Queryable): Promise<readonly PassedBy[]> =>
  query<{ partition: number; customers: string[]; without: string[] }>(on,
    `select partition, array_agg(distinct key) as customers, coalesce(array_agg("offset") filter (where consumer = $1), '{}') as without
     from (select consumer, partition, key, "offset" from log.parked where consumer in ($1, $2) and topic = $3 union all select consumer, partition, key, "offset" from log.dropped where consumer = $1 and topic = $3) p
     where key ~ '^[0-9a-f]{8}-' group by partition order by partition`,
    [LIVE, NEXT, TOPICS.timeline]).then((rows) => rows.map(({ partition, customers, without }) => ({ partition, customers, without: without.map(Number) })));

/** The same of single customers. */
export const passedByOf = async (on: Queryable, partition: number, customers: readonly string[]): Promise<readonly number[]> =>
  (await query<{ offset: string }>(on,
    `select "offset" from (select partition, key, "offset" from log.parked where consumer = $1 and topic = $2 union all select partition, key, "offset" from log.dropped where consumer = $1 and topic = $2) p
     where partition = $3 and key = any($4) order by 1`, [LIVE, TOPICS.timeline, partition, customers])).map(({ offset }) => Number(offset));
