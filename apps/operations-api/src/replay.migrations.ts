import type { Migration } from '@touchpoint/store';

/** What replays have replaced, for as long as it can be put back. */
export const migrations: readonly Migration[] = [
  {
    id: 'operations.replay-001',
    sql: `
create table operations.replaced (
  run_id uuid not null references operations.run on delete cascade,
  nth integer not null,
  partition integer not null,
  stood_at bigint not null,
  seen jsonb not null,
  passed bigint[] not null,
  at timestamptz not null default now(),
  primary key (run_id, nth)
);
create index on operations.replaced (at);
create table operations.replaced_row (
  run_id uuid not null,
  nth integer not null,
  model text not null,
  version integer not null,
  customer_id uuid not null,
  rows jsonb not null,
  primary key (run_id, nth, model, customer_id),
  foreign key (run_id, nth) references operations.replaced on delete cascade
);
create index on operations.replaced_row (customer_id);
comment on table operations.replaced_row is 'Rows of read models that a replay replaced, as they stood. Sealed values stay sealed; erasing a customer deletes them.';
`,
  },
];
