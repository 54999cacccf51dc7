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
  {
    id: 'vault.002-erased',
    sql: `
alter table vault.data_key alter column wrapped drop not null, alter column master_id drop not null, add column if not exists erased_at timestamptz,
  drop constraint if exists tombstone_has_no_key, add constraint tombstone_has_no_key check ((wrapped is null) = (erased_at is not null) and (wrapped is null) = (master_id is null));
comment on column vault.data_key.erased_at is 'When the source was erased: the row is a tombstone then. It has no key, and none is ever made for the source again.';
`,
  },
  {
    id: 'vault.003-signing-key',
    sql: `
create table if not exists vault.signing_key (
  one boolean primary key default true check (one),
  public_key bytea not null,
  wrapped bytea not null,
  master_id text not null,
  created_at timestamptz not null default now()
);
comment on table vault.signing_key is 'What the system signs receipts with (Ed25519), wrapped by the master key named in master_id.';
`,
  },
];
