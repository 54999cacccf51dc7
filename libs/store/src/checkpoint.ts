import type { QueryResultRow } from 'pg';
import { at } from '@touchpoint/host/moments';
import { fenced, transient, type Instant } from '@touchpoint/kernel';
import { arrayOf } from './column-types.ts';
import { query, storeFailure, type Pool, type Queryable } from './pool.ts';

export type CheckpointKey = Readonly<{ consumer: string; topic: string; partition: number }>;
/** A position and the counters that go with it. A value: `advance` gives the next one, to be taken once its transaction has committed. */
export type Checkpoint = CheckpointKey &
  Readonly<{
    version: bigint;
    next: number;
    /** Last seq taken per origin. */
    seen: ReadonlyMap<string, number>;
    /** Last seq given under `origin` per target partition (`topic/partition`). */
    sent: ReadonlyMap<string, number>;
    /** The name that `sent` counts for; null: nothing is numbered yet. */
    origin: string | null;
    anchor: string | null;
    resolvedTo: Instant | null;
    incarnation: number;
    /** Ids in log.pending whose sends were acknowledged: their rows go with the next move, since a statement of their own would be a round trip more for each batch. */
    acknowledged: readonly number[];
  }>;

type Row = { version: string; next_offset: string; seen: Record<string, number>; sent: Record<string, number>; origin: string | null; anchor: string | null; resolved_to: string | null; incarnation: number; restore_needed: string | null };

/**
 * Takes the partition: raises its version in one statement, reads it in a later one (design §3: read before the claim, and a predecessor's commit may be missed).
 * @param restoring of a restore itself, which all others wait for
 * @throws Failure Fenced when somebody else took it in between, Transient `STORE.RESTORE_NEEDED` while this database knows less than the log does.
 */
export const claimCheckpoint = async (pool: Pool, { consumer, topic, partition }: CheckpointKey, { restoring = false } = {}): Promise<Checkpoint> => {
  const values = [consumer, topic, partition];
  const [claim] = await query<{ version: string }>(pool, `insert into log.checkpoint (consumer, topic, partition, version) values ($1, $2, $3, 1)
    on conflict (consumer, topic, partition) do update set version = checkpoint.version + 1 returning version`, values);
  const [row] = await query<Row>(pool, `select version, next_offset, seen, sent, origin, anchor, resolved_to, i.number as incarnation, i.restore_needed
    from log.checkpoint, log.incarnation i where consumer = $1 and topic = $2 and partition = $3`, values);
  if (!row || !claim) throw new Error(`the checkpoint of ${consumer} ${topic}/${partition} vanished`);
  if (row.version !== claim.version) throw fenced(`${consumer} was overtaken while it claimed ${topic}/${partition}`);
  if (row.restore_needed !== null && !restoring)
    throw transient('STORE.RESTORE_NEEDED', `${row.restore_needed}. Nothing is consumed until: npx touchpoint restore --apply`);
  return {
    consumer, topic, partition,
    version: BigInt(row.version),
    next: Number(row.next_offset),
    seen: new Map(Object.entries(row.seen)),
    sent: new Map(Object.entries(row.sent)),
    origin: row.origin,
    anchor: row.anchor,
    resolvedTo: row.resolved_to === null ? null : Number(row.resolved_to),
    incarnation: row.incarnation,
    acknowledged: [],
  };
};

/**
 * The claimed checkpoint, for sending under an origin. Readers expect of an origin 1, 2, 3, …: counters belong to it alone. Those of another one (a version, an
 * incarnation) are set aside and found again, so that a release that is taken back goes on where it stood: from 1 anew, readers would drop all of it as repeats.
 * @throws Failure Fenced when the version was raised by somebody else.
 */
export const sendAs = async (pool: Pool, checkpoint: Checkpoint, origin: string): Promise<Checkpoint> => {
  if (checkpoint.origin === origin) return checkpoint;
  const { consumer, topic, partition, version } = checkpoint;
  const [row] = await query<{ sent: Record<string, number> }>(
    pool,
    `update log.checkpoint set origin = $5::text, sent = coalesce(set_aside -> $5::text, '{}'),
       set_aside = case when origin is null then set_aside else jsonb_set(set_aside - $5::text, array[origin], sent) end
     where consumer = $1 and topic = $2 and partition = $3 and version = $4 returning sent`,
    [consumer, topic, partition, version, origin],
  );
  if (!row) throw fenced(`${consumer} no longer owns ${topic}/${partition}`);
  return { ...checkpoint, origin, sent: new Map(Object.entries(row.sent)) };
};

export type Advance = Partial<Pick<Checkpoint, 'next' | 'seen' | 'sent' | 'anchor' | 'resolvedTo'>>;

const MOVE = `with moved as (update log.checkpoint set version = version + 1, next_offset = $5, seen = $6, sent = $7, anchor = $8, resolved_to = $9, updated_at = now()
    where consumer = $1 and topic = $2 and partition = $3 and version = $4 returning version),
  acknowledged as (delete from log.pending p using moved where p.consumer = $1 and p.topic = $2 and p.partition = $3 and p.id = any($10::bigint[]))`;
const moveValues = (from: Checkpoint, to: Checkpoint): readonly unknown[] => [
  from.consumer, from.topic, from.partition, from.version, to.next, JSON.stringify(Object.fromEntries(to.seen)), JSON.stringify(Object.fromEntries(to.sent)), to.anchor, to.resolvedTo,
  arrayOf(from.acknowledged, 'bigint'),
];

/**
 * Effects that are written in one statement with the move of their checkpoint: a small batch then needs no transaction around it, whose every statement would be
 * a round trip. `parts` are its further `with` queries. They may use $1 to $3 (consumer, topic, partition) and give their own values from $11 on, and each of them
 * has to take what it writes from `moved`: it has a row, or none where somebody else owns the partition by now. `select` gives columns of one row, or more.
 */
export type Effects = Readonly<{ name: string; parts: readonly string[]; select?: string; values: readonly unknown[] }>;
export const FIRST_VALUE = 11;

/**
 * Moves a checkpoint and writes its effects in one statement, by itself or inside a transaction that has more to write.
 * @returns the checkpoint to go on with, once that has committed, and what `select` gave.
 * @throws Failure Fenced when the version was raised by somebody else: nothing was written.
 */
export const advanceWith = async <Row extends QueryResultRow>(
  on: Queryable, from: Checkpoint, change: Advance, { name, parts, select = 'select from moved', values }: Effects,
): Promise<Readonly<{ checkpoint: Checkpoint; rows: readonly Row[] }>> => {
  const to: Checkpoint = { ...from, ...change, version: from.version + 1n, acknowledged: [] };
  try {
    const { rows } = await at('commit', () => on.query<Row>({ name, text: `${[MOVE, ...parts].join(',\n  ')} ${select}`, values: [...moveValues(from, to), ...values] }));
    if (rows.length === 0) throw fenced(`${from.consumer} no longer owns ${from.topic}/${from.partition}`);
    return { checkpoint: to, rows };
  } catch (error) {
    throw storeFailure(error);
  }
};

const NO_EFFECTS: Effects = { name: 'advance-checkpoint', parts: [], values: [] };

/** Moves a checkpoint alone, or inside a transaction that writes its effects. As `advanceWith`. */
export const advanceCheckpoint = async (on: Queryable, from: Checkpoint, change: Advance): Promise<Checkpoint> => (await advanceWith(on, from, change, NO_EFFECTS)).checkpoint;

/** Up to when every partition of a topic has been processed by a consumer; undefined while one of them has not begun. */
export const resolvedUpTo = async (pool: Pool, consumer: string, topic: string, partitions: number): Promise<Instant | undefined> => {
  const [row] = await query<{ resolved_to: string | null; partitions: string }>(pool, `select min(resolved_to) as resolved_to, count(resolved_to) as partitions
    from log.checkpoint where consumer = $1 and topic = $2`, [consumer, topic]);
  return row?.resolved_to && Number(row.partitions) >= partitions ? Number(row.resolved_to) : undefined;
};
