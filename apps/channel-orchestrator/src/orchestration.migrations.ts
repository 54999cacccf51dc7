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
  {
    id: 'orchestration.002-history',
    sql: `
      alter table orchestration.in_force add column live_set bigint not null default 0, add column told_set bigint not null default 0, add column filling json, add column sweep_after uuid;
      comment on column orchestration.in_force.live_set is 'The newest set whose segments count on the partition: what their measures need of history is there.';
      comment on column orchestration.in_force.told_set is 'The newest set of which that was told (SegmentsLive), or is about to be.';
      comment on column orchestration.in_force.filling is 'Which set history is being folded for, and how far. Null: none.';
      comment on column orchestration.in_force.sweep_after is 'Customers up to this id have been called to be looked at since segments of the live set count. Null: all have.';
      create table orchestration.set_offset (partition integer, set_number bigint, since_offset bigint not null, passed bigint[] not null, primary key (partition, set_number));
      comment on table orchestration.set_offset is 'Where each set took effect on each partition; passed: what was parked or dropped before, which is folded later or never.';
      create table orchestration.filling (partition integer, customer_id uuid, history text not null, primary key (partition, customer_id));
      comment on table orchestration.filling is 'What new measures come to so far for a customer, while history is folded for them. JSON.';
    `,
  },
];
