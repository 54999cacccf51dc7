import { query, type Pool } from '@touchpoint/store';
import type { CustomerId, Instant } from '@touchpoint/kernel';

/** A timer as it is kept: when it is due, whose it is, and what the decider wants back with it (JSON). */
export type TimerRow = Readonly<{ timerId: string; customerId: CustomerId; dueAt: Instant; timer: string }>;

/** What is due on a partition by `now`, earliest first. */
export const dueTimers = async (pool: Pool, partition: number, now: Instant, most: number): Promise<readonly TimerRow[]> =>
  (await query<{ timer_id: string; customer_id: CustomerId; due_at: string; timer: string }>(pool, `select timer_id, customer_id, due_at, timer from orchestration.timer
    where partition = $1 and due_at <= $2 order by due_at, timer_id limit $3`, [partition, now, most])).map((row) => ({ timerId: row.timer_id, customerId: row.customer_id, dueAt: Number(row.due_at), timer: row.timer }));

/** When the next timer of a partition is due; Infinity: none is set. */
export const nextDue = async (pool: Pool, partition: number): Promise<Instant> => {
  const [row] = await query<{ due_at: string | null }>(pool, 'select min(due_at) as due_at from orchestration.timer where partition = $1', [partition]);
  return row?.due_at ? Number(row.due_at) : Infinity;
};
