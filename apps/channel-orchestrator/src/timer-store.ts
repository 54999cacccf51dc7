import { arrayOf, numbers, query, type Client, type Pool } from '@touchpoint/store';
import type { CustomerId, Instant } from '@touchpoint/kernel';

/** A timer as it is kept: when it is due, whose it is, and what the decider wants back with it (JSON). */
export type TimerRow = Readonly<{ timerId: string; customerId: CustomerId; dueAt: Instant; timer: string }>;

export const setTimers = async (client: Client, partition: number, timers: readonly TimerRow[]): Promise<void> => {
  if (timers.length === 0) return;
  await client.query({
    name: 'set-timers',
    text: `insert into orchestration.timer (partition, timer_id, customer_id, due_at, timer)
      select $1, t.* from unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::text[]) t
      on conflict (partition, timer_id) do update set due_at = excluded.due_at, timer = excluded.timer`,
    values: [partition, arrayOf(timers.map(({ timerId }) => timerId), 'uuid'), arrayOf(timers.map(({ customerId }) => customerId), 'uuid'), numbers(timers.map(({ dueAt }) => dueAt)), arrayOf(timers.map(({ timer }) => timer), 'text')],
  });
};

export const dropTimers = async (client: Client, partition: number, timerIds: readonly string[]): Promise<void> => {
  if (timerIds.length === 0) return;
  await client.query({ name: 'drop-timers', text: 'delete from orchestration.timer where partition = $1 and timer_id = any($2::uuid[])', values: [partition, timerIds] });
};

/** What is due on a partition by `now`, earliest first. */
export const dueTimers = async (pool: Pool, partition: number, now: Instant, most: number): Promise<readonly TimerRow[]> =>
  (await query<{ timer_id: string; customer_id: CustomerId; due_at: string; timer: string }>(pool, `select timer_id, customer_id, due_at, timer from orchestration.timer
    where partition = $1 and due_at <= $2 order by due_at, timer_id limit $3`, [partition, now, most])).map((row) => ({ timerId: row.timer_id, customerId: row.customer_id, dueAt: Number(row.due_at), timer: row.timer }));
