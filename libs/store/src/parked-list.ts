import { unpackRecords, type LogRecord } from '@touchpoint/log';
import { BEHIND } from './parked.ts';
import { query, type Client, type Queryable } from './pool.ts';

/** A parked record as operators see it, without its bytes. `state`: a retry was asked for, or it was dropped, and its partition's owner has not seen to it yet. */
export type ParkedSummary = Readonly<{
  id: number; consumer: string; topic: string; partition: number; offset: number; key: string; code: string; detail: string; parkedAt: string; blocking: boolean; state: 'parked' | 'retry asked for' | 'dropped';
}>;
/** Which of a consumer's parked records; all that are given must hold. */
export type WhichParked = Readonly<{ consumer?: string | undefined; id?: number | undefined; key?: string | undefined; code?: string | undefined }>;

type Row = { id: string; consumer: string; topic: string; partition: number; offset: string; key: string; code: string; detail: string; parked_at: Date; blocking: boolean; retry_at: Date | null; dropped: boolean };
const COLUMNS = 'id, consumer, topic, partition, "offset", key, code, detail, parked_at, blocking, retry_at, dropped';
const WHICH = '($1::text is null or consumer = $1) and ($2::bigint is null or id = $2) and ($3::text is null or key = $3) and ($4::text is null or code = $4)';
const valuesOf = ({ consumer, id, key, code }: WhichParked) => [consumer ?? null, id ?? null, key ?? null, code ?? null];

const summaryOf = ({ id, offset, parked_at, retry_at, dropped, ...row }: Row): ParkedSummary =>
  ({ ...row, id: Number(id), offset: Number(offset), parkedAt: parked_at.toISOString(), state: dropped ? 'dropped' : retry_at === null ? 'parked' : 'retry asked for' });

/** What is parked, oldest first. @param after the id of the last one of the page before */
export const listParked = async (on: Queryable, { limit = 100, after = 0, ...which }: WhichParked & { limit?: number; after?: number } = {}): Promise<readonly ParkedSummary[]> =>
  (await query<Row>(on, `select ${COLUMNS} from log.parked where ${WHICH} and id > $5 order by id limit $6`, [...valuesOf(which), after, limit])).map(summaryOf);

/** One parked record with its bytes; they are gone (undefined) once it was dropped. */
export const readParked = async (on: Queryable, id: number): Promise<Readonly<{ summary: ParkedSummary; record: LogRecord | undefined }> | undefined> => {
  const [row] = await query<Row & { record: Buffer; recorded_at: string }>(on, `select ${COLUMNS}, record, recorded_at from log.parked where id = $1`, [id]);
  if (!row) return undefined;
  const { record, recorded_at, ...rest } = row;
  const [packed] = rest.dropped ? [] : unpackRecords(record);
  return { summary: summaryOf(rest), record: packed && { offset: Number(rest.offset), key: packed.key, timestamp: Number(recorded_at), value: packed.value, headers: packed.headers } };
};

/** How many lie parked, by consumer and cause. */
export const parkedCauses = async (on: Queryable): Promise<readonly Readonly<{ consumer: string; code: string; records: number; keys: number }>[]> =>
  query(on, 'select consumer, code, count(*)::int as records, count(distinct key)::int as keys from log.parked where not dropped group by consumer, code order by consumer, code');

/** A position that a consumer passed over because an operator dropped its record. */
export type DroppedPosition = Readonly<{ consumer: string; topic: string; partition: number; offset: number; key: string; code: string; runId: string; droppedAt: string }>;

/** What was dropped, the latest first. */
export const listDropped = async (on: Queryable, { consumer, key, code }: Omit<WhichParked, 'id'>, limit: number): Promise<readonly DroppedPosition[]> =>
  (await query<{ consumer: string; topic: string; partition: number; offset: string; key: string; code: string; run_id: string; dropped_at: Date }>(on,
    'select * from log.dropped where ($1::text is null or consumer = $1) and ($2::text is null or key = $2) and ($3::text is null or code = $3) order by dropped_at desc, consumer, topic, partition, "offset" desc limit $4',
    [consumer ?? null, key ?? null, code ?? null, limit])).map(({ offset, run_id, dropped_at, ...row }) => ({ ...row, offset: Number(offset), runId: run_id, droppedAt: dropped_at.toISOString() }));

/**
 * What a drop would take: records that failed themselves. What only lies behind another is named by its id alone: to drop it with its key or cause would lose events
 * that nothing is wrong with.
 */
export const droppable = async (on: Queryable, which: WhichParked & { consumer: string }, limit: number): Promise<readonly ParkedSummary[]> =>
  (await query<Row>(on, `select ${COLUMNS} from log.parked where ${WHICH} and not dropped and ($2::bigint is not null or code <> '${BEHIND}') order by id limit $5`, [...valuesOf(which), limit])).map(summaryOf);

/**
 * Drops parked records: their bytes go at once, the record of their positions stays. The partitions' owners take them away and redrive what lies behind them.
 * @returns those that were dropped: one that its owner has processed meanwhile is not among them.
 */
export const dropParked = async (client: Client, ids: readonly number[], runId: string): Promise<ReadonlySet<number>> => {
  const { rows } = await client.query<{ id: string }>(
    `with gone as (update log.parked set dropped = true, record = '', detail = '' where id = any($1::bigint[]) and not dropped returning id, consumer, topic, partition, "offset", key, code),
       noted as (insert into log.dropped (consumer, topic, partition, "offset", key, code, run_id) select consumer, topic, partition, "offset", key, code, $2 from gone
         on conflict (consumer, topic, partition, "offset") do update set code = excluded.code, run_id = excluded.run_id, dropped_at = now())
     select id from gone`, [ids, runId]);
  await client.query(
    `update log.parked p set retry_at = now() from (select distinct consumer, topic, partition, key from log.parked where id = any($1::bigint[]) and dropped) d
     where (p.consumer, p.topic, p.partition, p.key) = (d.consumer, d.topic, d.partition, d.key) and (p.blocking or p.dropped)`, [ids]);
  return new Set(rows.map(({ id }) => Number(id)));
};
