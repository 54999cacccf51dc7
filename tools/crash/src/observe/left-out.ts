/**
 * What of a table is not compared, and why: the one list. Everything else is, row for row and column for column. Columns of a read model bear their SQL names;
 * `meta` are a record's own.
 */
export const LEFT_OUT: readonly Readonly<{ table: string; columns: readonly string[]; why: string }>[] = [
  { table: 'identity.event_id', columns: ['day'], why: 'the day it was received: a run may go over midnight' },
  { table: 'profile.timeline_index_v1', columns: ['offset'], why: 'a position: which of two sources comes first is chance. The name of the record that lies there is compared instead' },
  { table: 'profile.membership_v1', columns: ['changed_offset', 'changed_at'], why: "a position and the broker's time stamp" },
  { table: 'profile.messages_v1', columns: ['cause_offset'], why: 'a position; cause_id, the record itself, is compared' },
  { table: 'orchestration.customer', columns: ['state.offset'], why: 'a position: the last of several inputs that do not concern each other' },
  { table: 'orchestration.in_force', columns: ['since_offset'], why: 'a position: publishing competes with the first events' },
  { table: 'delivery.message', columns: ['attempt'], why: 'a claim that was lost in a crash is taken over as one more attempt' },
  { table: 'delivery.message', columns: ['correlation_id'], why: 'made for each request' },
  { table: 'delivery.message', columns: ['command.decidedOffset'], why: 'a position; the name of the record that lies there is compared instead' },
  { table: 'delivery.sandbox_message', columns: ['calls'], why: 'a call whose outcome was lost is made again: the message is one, its calls may be two' },
  { table: 'vault.data_key', columns: ['key_id', 'wrapped'], why: 'keys are random; what is sealed under them is compared in clear' },
  { table: 'log.checkpoint', columns: ['version', 'next_offset', 'anchor', 'resolved_to', 'updated_at'], why: 'raised by assignments, moved by repeats and time. What was sent and seen by origin is compared' },
  { table: 'timeline', columns: ['offset', 'data.causeOffset'], why: 'positions; the cause is compared by causationId' },
  { table: 'timeline', columns: ['meta.correlationId'], why: 'made for each request' },
  { table: 'timeline', columns: ['meta.sources.label'], why: 'ingest sends a clear id along, sealed, when it has not done so since its own start' },
  { table: 'timeline', columns: ['data.attempt'], why: 'as attempt of delivery.message' },
];

/** Instants of the run itself, and what counts from them, are compared as such, not to the millisecond: receivedAt, and now() in Postgres. See `plain.ts`. */
export const leftOut = (table: string): ReadonlySet<string> => new Set(LEFT_OUT.filter((entry) => entry.table === table).flatMap(({ columns }) => columns));
