import type { Migration } from '@touchpoint/store';

export const migrations: readonly Migration[] = [
  {
    id: 'orchestration.001-state',
    sql: `
      create schema orchestration;
      create table orchestration.customer (customer_id uuid primary key, state text not null) with (fillfactor = 70);
      comment on table orchestration.customer is 'The decider''s state of each customer, JSON. A fold of the timeline: can be rebuilt from there.';

      create table orchestration.timer (
        partition integer not null,
        timer_id uuid not null,
        customer_id uuid not null,
        due_at bigint not null,
        timer text not null,
        primary key (partition, timer_id)
      );
      create index on orchestration.timer (partition, due_at);
      comment on table orchestration.timer is 'Timers that are set; the partition''s owner turns due ones into TimerFired.';

      create table orchestration.published_set (set_number bigint primary key, digest text not null, published text not null, published_at timestamptz not null default now());
      comment on table orchestration.published_set is 'What was published, by number, as the control record says it (JSON); digest: of journeys and templates, so that publishing the same again is nothing.';
      create table orchestration.in_force (partition integer primary key, set_number bigint not null references orchestration.published_set, since_offset bigint not null);
      comment on table orchestration.in_force is 'The set that decides on each partition from an offset on.';
    `,
  },
];
