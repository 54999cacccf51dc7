import type { Migration } from '@touchpoint/store';

/** Runs of operations, their rows, and the audit log, which is only added to. */
export const migrations: readonly Migration[] = [
  {
    id: 'operations.001-runs',
    sql: `
create schema if not exists operations;
create table operations.run (
  id uuid primary key,
  operation text not null,
  arguments jsonb not null,
  apply boolean not null,
  who text not null,
  why text not null,
  state text not null check (state in ('waiting', 'running', 'stopped', 'done', 'failed')),
  exclusive text,
  asked_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  not_before timestamptz not null default now(),
  attempts integer not null default 0,
  stop_asked boolean not null default false,
  owner uuid,
  lease_until timestamptz,
  progress jsonb,
  cursor jsonb,
  outcome jsonb,
  problem jsonb
);
create index on operations.run (state, not_before);
create index on operations.run (asked_at, id);
create unique index one_of_a_kind_runs on operations.run (exclusive) where state = 'running';
create table operations.run_row (run_id uuid not null references operations.run on delete cascade, nth bigint generated always as identity, row json not null, primary key (run_id, nth));
create table operations.audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  run_id uuid not null,
  operation text not null,
  apply boolean not null,
  act text not null,
  who text not null,
  why text not null,
  detail jsonb
);
create index on operations.audit (run_id);
create function operations.refuse_change() returns trigger language plpgsql as $$ begin raise exception 'the audit log is only added to'; end $$;
create trigger only_added_to before update or delete or truncate on operations.audit for each statement execute function operations.refuse_change();
comment on table operations.audit is 'Who did what, when, why and with what result. Only added to; holds no personal value.';
`,
  },
];
