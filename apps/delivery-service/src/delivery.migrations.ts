import type { Migration } from '@touchpoint/store';

export const migrations: readonly Migration[] = [
  {
    id: 'delivery.001-message',
    sql: `
      create schema delivery;
      create sequence delivery.outcome_number;
      create table delivery.message (
        command_id uuid primary key,
        customer_id uuid not null,
        topic text not null, partition integer not null,
        command bytea not null,
        state text not null check (state in ('claimed', 'retry', 'sent', 'failed', 'held', 'unknown')),
        attempt integer not null,
        lost_attempt integer,
        deadline timestamptz,
        next_attempt_at timestamptz,
        reason text,
        provider text, provider_message_id text,
        claimed_at timestamptz not null default now(), settled_at timestamptz
      );
      create index on delivery.message (topic, partition, deadline) where state = 'claimed';
      create index on delivery.message (topic, partition, next_attempt_at) where state = 'retry';
      comment on table delivery.message is 'One row a command: claimed before the provider is called, settled after it. Outlives the retention of the commands.';
      comment on column delivery.message.attempt is 'How often it was handed to its provider, the claim of now counted in. What could not be handed over yet gives it back.';
      comment on column delivery.message.lost_attempt is 'The last attempt that was not answered: it may have carried the message, so that without a later "sent" the outcome is unknown.';
      comment on column delivery.message.deadline is 'A claim without outcome behind it was lost in a crash: sent again or unknown, as its message class says.';

      create table delivery.sandbox_message (
        command_id uuid primary key,
        customer_id uuid not null,
        channel text not null,
        content bytea not null,
        calls integer not null default 1,
        sent_at timestamptz not null default now()
      );
      create index on delivery.sandbox_message (customer_id, sent_at);
      comment on table delivery.sandbox_message is 'What the sandbox would have sent; content is sealed under the key of the contact point.';
      create table delivery.sandbox_behaviour (one boolean primary key default true check (one), behaviour jsonb not null);
      insert into delivery.sandbox_behaviour (behaviour) values ('{}');
    `,
  },
  {
    id: 'delivery.002-thread',
    sql: `
      alter table delivery.message add correlation_id text, add traceparent text;
      comment on column delivery.message.correlation_id is 'Of the event that the command follows from: its outcome bears it too.';
      comment on column delivery.message.traceparent is 'W3C trace context of that event, passed on to the outcome.';
    `,
  },
  {
    id: 'delivery.003-customers-key',
    sql: `
      delete from delivery.sandbox_message;
      comment on table delivery.sandbox_message is 'What the sandbox would have sent; content is sealed under the key of the customer, and goes with it.';
    `,
  },
];
