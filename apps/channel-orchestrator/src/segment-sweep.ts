import { derivedId, partitionOf, type CustomerId, type Instant } from '@touchpoint/kernel';
import { query, type Pool } from '@touchpoint/store';
import type { TimerRow } from './timer-store.ts';

/** Customers of all partitions that are gone through at one go. */
const CUSTOMERS = 5_000;

type Sweep = Readonly<{ partition: number; partitions: number; set: number; after: string; now: Instant }>;

/** The next customers of a partition that are to be looked at since the segments of a set count: by a timer each, which is due now. `after`: null when those were the last. */
export const nextToReview = async (pool: Pool, { partition, partitions, set, after, now }: Sweep): Promise<Readonly<{ timers: readonly TimerRow[]; after: string | null }>> => {
  const rows = await query<{ customer_id: CustomerId }>(pool, 'select customer_id from orchestration.customer where customer_id > $1 order by customer_id limit $2', [after, CUSTOMERS]);
  const timers = rows.filter(({ customer_id }) => partitionOf(customer_id, partitions) === partition).map(({ customer_id: customerId }) => {
    const timer = { timerId: derivedId('review', customerId, String(set)), runId: null, journeyId: null, stepId: null, dueAt: now, historical: false };
    return { timerId: timer.timerId, customerId, dueAt: now, timer: JSON.stringify(timer) };
  });
  return { timers, after: rows.length < CUSTOMERS ? null : rows.at(-1)!.customer_id };
};
