import { hash } from 'node:crypto';
import { DAY, dayOf, type Instant, type Meta } from '@touchpoint/kernel';
import { query, type Client, type Pool } from '@touchpoint/store';

export type EventId = Readonly<{ id: string; digest: string; day: string }>;

const HISTORY = 'infinity';

/** An event's identity: who published it, for which source, under which message id. */
export const eventIdOf = ({ publisher, sources, messageId, digest, historical, receivedAt }: Meta): EventId => ({
  id: hash('sha256', `${publisher}\0${sources[0]?.key ?? ''}\0${messageId}`, 'hex').slice(0, 32),
  digest,
  day: historical ? HISTORY : dayOf(receivedAt),
});

/** The digests of those ids that were taken before. */
export const knownEventIds = async (client: Client, ids: readonly string[]): Promise<ReadonlyMap<string, string>> => {
  const rows = await client.query<{ id: string; digest: string }>({ name: 'known-event-ids', text: 'select id, digest from identity.event_id where id = any($1::uuid[])', values: [ids] });
  return new Map(rows.rows.map(({ id, digest }) => [id.replaceAll('-', ''), digest.replaceAll('-', '')]));
};

export const insertEventIds = async (client: Client, ids: readonly EventId[]): Promise<void> => {
  if (ids.length === 0) return;
  await client.query({
    name: 'insert-event-ids',
    text: 'insert into identity.event_id (id, digest, day) select * from unnest($1::uuid[], $2::uuid[], $3::date[])',
    values: [`{${ids.map(({ id }) => id).join(',')}}`, `{${ids.map(({ digest }) => digest).join(',')}}`, `{${ids.map(({ day }) => day).join(',')}}`],
  });
};

/** Makes the partitions of these days; two processes at once are no matter. */
export const createDays = async (pool: Pool, days: Iterable<string>): Promise<void> => {
  for (const day of days) {
    if (day === HISTORY) continue;
    const next = dayOf(Date.parse(day) + DAY);
    const name = `identity.event_id_${day.replaceAll('-', '')}`;
    await query(pool, `do $$ begin perform pg_advisory_xact_lock(7202601); create table if not exists ${name} partition of identity.event_id for values from ('${day}') to ('${next}'); end $$`);
  }
};

/** Drops the days that ended more than `days` before `resolvedTo`, up to which every partition has been resolved. @returns the tables dropped. */
export const dropDays = async (pool: Pool, resolvedTo: Instant, days: number): Promise<readonly string[]> => {
  const last = `event_id_${dayOf(resolvedTo - (days + 1) * DAY).replaceAll('-', '')}`;
  const old = await query<{ name: string }>(
    pool,
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
     where i.inhparent = 'identity.event_id'::regclass and c.relname ~ '^event_id_[0-9]{8}$' and c.relname < $1`,
    [last],
  );
  for (const { name } of old) await query(pool, `drop table if exists identity.${name}`);
  return old.map(({ name }) => name);
};
