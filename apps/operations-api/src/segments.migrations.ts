import type { Migration } from '@touchpoint/store';

export const migrations: readonly Migration[] = [
  {
    id: 'operations.segments-001',
    sql: `
      create table operations.preview (run_id uuid references operations.run on delete cascade, customer_id uuid, history text not null, primary key (run_id, customer_id));
      comment on table operations.preview is 'What the new measures of a segment that is looked at beforehand come to, while history is folded for them. JSON; gone when the run has ended.';
    `,
  },
];
