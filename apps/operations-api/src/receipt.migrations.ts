import type { Migration } from '@touchpoint/store';

/** Signed receipts of erasures: by the id of their run. */
export const migrations: readonly Migration[] = [
  {
    id: 'operations.receipt-001',
    sql: `
create schema if not exists operations;
create table operations.receipt (run_id uuid primary key, receipt text not null, signed_at timestamptz not null default now());
comment on table operations.receipt is 'What was erased, by whom and why, signed: JSON. Holds no personal value; customers by id only.';
`,
  },
];
