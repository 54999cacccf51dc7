import { hash } from 'node:crypto';
import type { MetaIdentity } from '@touchpoint/contracts';
import { DAY, dayOf, type Instant } from '@touchpoint/kernel';
import { arrayOf } from './column-types.ts';
import { copyInto, CopyRows } from './copy.ts';
import { query, type Client, type Pool, type Queryable } from './pool.ts';

export type EventId = Readonly<{ id: string; digest: string; day: string }>;

const HISTORY = 'infinity';

/** An event's identity: who published it, for which source, under which message id. @param at when the log took it: its clock alone says which day an id belongs to, whatever stands in a record */
export const eventIdOf = ({ publisher, sources, messageId, digest, historical }: MetaIdentity, at: Instant): EventId => ({
  id: hash('sha256', `${publisher}\0${sources[0]?.key ?? ''}\0${messageId}`, 'hex').slice(0, 32),
  digest,
  day: historical ? HISTORY : dayOf(at),
});

const KNOWN = 'select id, digest from identity.event_id where id = any($1::uuid[])';

/** The digests of those ids that were taken before. */
export const knownEventIds = async (on: Queryable, asked: Iterable<Readonly<{ id?: EventId | undefined }>>): Promise<Map<string, string>> => {
  const ids: string[] = [];
  for (const { id } of asked) if (id) ids.push(id.id);
  const rows = await query<{ id: string; digest: string }>(on, KNOWN, [arrayOf(ids, 'uuid')]);
  return new Map(rows.map(({ id, digest }) => [id.replaceAll('-', ''), digest.replaceAll('-', '')]));
};

/** In order of the index, so that each of its pages is met once. Ids are digests: their first 32 bits put them in order. */
const sorted = (ids: readonly EventId[]): readonly EventId[] => {
  const ranks = new Float64Array(ids.length);
  for (let i = 0; i < ids.length; i += 1) ranks[i] = Number.parseInt(ids[i]!.id.slice(0, 8), 16) * MOST + i;
  return Array.from(ranks.sort(), (rank) => ids[rank % MOST]!);
};
const MOST = 2 ** 20;

export const insertEventIds = async (client: Client, ids: readonly EventId[]): Promise<void> => {
  for (let from = 0; from < ids.length; from += MOST) {
    const rows = new CopyRows(ids.length * ROW_BYTES);
    for (const { id, digest, day } of sorted(ids.slice(from, from + MOST))) {
      rows.row(3);
      rows.uuid(id);
      rows.uuid(digest);
      rows.day(day);
    }
    await copyInto(client, 'identity.event_id (id, digest, day)', rows);
  }
};
/** What one takes while it is copied. */
const ROW_BYTES = 50;

/** The days that event ids are kept for: a partition each. Several processes make and drop them. */
export class EventDays {
  readonly #pool: Pool;
  readonly #days: number;
  readonly #made = new Set<string>();

  constructor(pool: Pool, days: number) {
    this.#pool = pool;
    this.#days = days;
  }

  /** @param again events that were parked come after long: any process may have dropped their day since it was made */
  async ensure(days: ReadonlySet<string>, { again }: Readonly<{ again: boolean }>): Promise<void> {
    const missing = [...days].filter((day) => again || !this.#made.has(day));
    if (missing.length === 0) return;
    await createDays(this.#pool, missing);
    for (const day of missing) this.#made.add(day);
  }

  /** Drops what is old, as `dropDays` says. */
  async drop(resolvedTo: Instant): Promise<void> {
    // Forgotten first: a day is rather made once more than missing.
    this.#made.clear();
    await dropDays(this.#pool, resolvedTo, this.#days);
  }
}

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
