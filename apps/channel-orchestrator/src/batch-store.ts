import { packRecords, type OutRecord } from '@touchpoint/log';
import { serialiseState, type CustomerState } from '@touchpoint/orchestration';
import { advanceWith, arrayOf, type Advance, type Checkpoint, type Queryable } from '@touchpoint/store';
import type { CustomerId } from '@touchpoint/kernel';
import type { TimerRow } from './timer-store.ts';

/** What a batch comes to. No timer is set and dropped in one batch. */
export type BatchEffects = Readonly<{
  states: ReadonlyMap<CustomerId, CustomerState>;
  set: readonly TimerRow[];
  dropped: readonly string[];
  /** What is to be sent once this has committed, kept until it is acknowledged; its id is the checkpoint's version. */
  records: readonly OutRecord[];
}>;
export const NO_EFFECTS: BatchEffects = { states: new Map(), set: [], dropped: [], records: [] };

const PARTS = [
  `state as (insert into orchestration.customer (customer_id, state) select s.* from moved, unnest($11::uuid[], $12::text[]) s on conflict (customer_id) do update set state = excluded.state)`,
  `dropped as (delete from orchestration.timer where partition = $3 and timer_id = any($13::uuid[]) and exists (select from moved))`,
  `timer as (insert into orchestration.timer (partition, timer_id, customer_id, due_at, timer) select $3, t.* from moved, unnest($14::uuid[], $15::uuid[], $16::bigint[], $17::text[]) t
    on conflict (partition, timer_id) do update set due_at = excluded.due_at, timer = excluded.timer)`,
  `pending as (insert into log.pending (consumer, topic, partition, id, payload) select $1, $2, $3, $4, $18::bytea from moved where $18::bytea is not null)`,
];

/** Moves the checkpoint and writes what the batch comes to, in one statement. @returns the checkpoint to go on with once it has committed. @throws Failure Fenced. */
export const saveBatch = async (on: Queryable, from: Checkpoint, advance: Advance, { states, set, dropped, records }: BatchEffects): Promise<Checkpoint> => {
  // In the order of ids, as the index has them.
  const rows = [...states].sort(([a], [b]) => (a < b ? -1 : 1));
  const { checkpoint } = await advanceWith(on, from, advance, {
    name: 'save-batch',
    parts: PARTS,
    values: [
      arrayOf(rows.map(([id]) => id), 'uuid'), arrayOf(rows.map(([, state]) => serialiseState(state)), 'text'),
      arrayOf(dropped, 'uuid'),
      arrayOf(set.map(({ timerId }) => timerId), 'uuid'), arrayOf(set.map(({ customerId }) => customerId), 'uuid'), arrayOf(set.map(({ dueAt }) => dueAt), 'bigint'), arrayOf(set.map(({ timer }) => timer), 'text'),
      records.length > 0 ? packRecords(records) : null,
    ],
  });
  return checkpoint;
};
