/** Applied once each, in order, by libs/store. */
export const migrations: readonly Readonly<{ id: string; sql: string }>[] = [
  {
    id: 'access.001-api-key',
    sql: `
create schema if not exists access;
create table if not exists access.api_key (
  id text primary key check (id ~ '^[0-9a-f]{16}$'),
  name text not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  secret_hash bytea not null check (octet_length(secret_hash) = 32),
  scopes text[] not null check (cardinality(scopes) > 0),
  max_event_bytes integer check (max_event_bytes > 0),
  max_batch_bytes integer check (max_batch_bytes > 0),
  created_at timestamptz not null,
  revoked_at timestamptz
);
comment on table access.api_key is 'API keys: the secret is kept as its SHA-256 only. A revoked key stays, so that what it published can be told.';
`,
  },
];
