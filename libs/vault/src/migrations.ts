/** Applied once each, in order, by libs/store. */
export const migrations: readonly Readonly<{ id: string; sql: string }>[] = [
  {
    id: 'vault.001-keys',
    sql: `
create schema if not exists vault;
create table if not exists vault.data_key (
  key_id bigint generated always as identity primary key,
  source_key uuid not null unique,
  wrapped bytea not null,
  master_id text not null,
  created_at timestamptz not null default now()
);
comment on table vault.data_key is 'One key per source, wrapped by the master key named in master_id. Without its row, what was sealed under it is unreadable for ever.';
`,
  },
];
