import type { Migration } from '@touchpoint/store';

/**
 * The group role that analysts' logins belong to. Roles are the server's, not the database's: it may be there already, another system may make it at this
 * moment, or we may not be allowed to; then an administrator makes it (docs/analytics.md) and the grants are given from there.
 */
export const analystRole: Migration = {
  id: 'analytics.000-schema',
  sql: `
create schema analytics;
comment on schema analytics is 'What analysts read: views over merged customers, without personal data. Instants are timestamptz, days are UTC, money is exact numeric in the currency beside it.';
do $$
begin
  if not exists (select from pg_roles where rolname = 'analyst') then
    create role analyst nologin;
    alter role analyst set statement_timeout = '60s';
    comment on role analyst is 'Reads the views of schema analytics, in every system on this server, and nothing else. Logins are made as its members.';
  end if;
exception
  when insufficient_privilege then raise notice 'the role analyst was not made: CREATEROLE is needed. See docs/analytics.md';
  when duplicate_object or unique_violation then null;
end $$;
do $$
begin
  if exists (select from pg_roles where rolname = 'analyst') then
    grant usage on schema analytics to analyst;
    alter default privileges in schema analytics grant select on tables to analyst;
  end if;
end $$;`,
};
