import type { Migration } from '@touchpoint/store';

export const migrations: readonly Migration[] = [
  {
    id: 'identity.001-links',
    sql: `
      create schema identity;
      create table identity.customer (
        customer_id uuid primary key,
        created_at bigint not null,
        survivor_id uuid,
        has_user boolean not null,
        alone boolean not null
      );
      comment on table identity.customer is 'Customers and who absorbed them. Can be rebuilt from the facts on the timeline.';
      create index on identity.customer (survivor_id) where survivor_id is not null;

      create table identity.link (
        source_key uuid primary key,
        kind text not null,
        customer_id uuid not null,
        since bigint not null,
        linked_by text not null
      );
      comment on table identity.link is 'Which customer a source key belongs to, since when, and how that came. Can be rebuilt from the facts on the timeline.';
      create index on identity.link (customer_id);

      create table identity.event_id (
        id uuid not null,
        digest uuid not null,
        day date not null,
        primary key (id, day)
      ) partition by range (day);
      comment on table identity.event_id is 'Events taken, by (publisher, source key, message id). A day is dropped whole; imported history is kept for ever, so that importing again adds nothing.';
      create table identity.event_id_history partition of identity.event_id for values from ('infinity') to (maxvalue);
    `,
  },
  {
    id: 'identity.002-erased',
    sql: `
      alter table identity.customer add column erased boolean not null default false;
      comment on column identity.customer.erased is 'The person behind it was erased: it joins no other any more, and what its sources send is redacted at ingest.';
      create table identity.stray (customer_id uuid not null, source_key uuid not null, primary key (customer_id, source_key));
      comment on table identity.stray is 'Sources that events of a customer named while they were another''s, or that moved away: what was sealed under their keys goes when the customer is erased.';
    `,
  },
];
