import { publicationDigest } from '@touchpoint/orchestration';
import type { CustomerId } from '@touchpoint/kernel';
import { customerSourceKey } from '@touchpoint/identity';
import { arrayOf, createDays, query, transaction, type Client, type Pool } from '@touchpoint/store';
import { eraseKeys } from '@touchpoint/vault';
import type { Findings, FoundLink, FoundPlace, FoundSet, Named } from './findings.ts';

const uuids = (values: readonly (string | null)[]): Buffer => arrayOf(values, 'uuid');

const EVENT_IDS = 'insert into identity.event_id (id, digest, day) select * from unnest($1::uuid[], $2::uuid[], $3::date[]) on conflict do nothing';
const FOUND = 'insert into log.found (id) select * from unnest($1::text[]) on conflict do nothing';
/** Made for the first that linked something to it, which is the first on its own timeline. */
const CUSTOMERS = `insert into identity.customer (customer_id, created_at, survivor_id, has_user, alone)
  select distinct on (customer_id) customer_id, since, null::uuid, false, false from unnest($1::uuid[], $2::bigint[]) with ordinality g (customer_id, since, nth) order by customer_id, nth on conflict do nothing`;
const HAVE_USER = 'update identity.customer set has_user = true where customer_id = any($1::uuid[]) and not has_user';
/**
 * A source moves only to what occurred later, so that the last owner is the one with the latest instant, in whatever order partitions are read; of two at one
 * instant, the one that took it from whom it belongs to.
 */
const GIVEN = `with given as (select distinct on (source_key) * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::bigint[], $6::text[])
    with ordinality g (source_key, kind, customer_id, moved_from, since, linked_by, nth) order by source_key, since desc, nth desc)`;
const MOVE = `${GIVEN} update identity.link l set customer_id = g.customer_id, since = g.since, linked_by = g.linked_by from given g
  where l.source_key = g.source_key and (g.since > l.since or (g.since = l.since and g.moved_from = l.customer_id))`;
const LINK = `${GIVEN} insert into identity.link (source_key, kind, customer_id, since, linked_by) select source_key, kind, customer_id, since, linked_by from given order by source_key on conflict do nothing`;
/** A member of the same set is recorded too, if its merge is read later: an erasure takes the set's own sources out again. */
const STRAYS = `insert into identity.stray (customer_id, source_key) select distinct n.customer_id, n.source_key from unnest($1::uuid[], $2::uuid[]) n (customer_id, source_key)
  left join identity.link l using (source_key) where l.customer_id is distinct from n.customer_id on conflict do nothing`;
const SET = `insert into orchestration.published_set (set_number, digest, published, published_at) values ($1, $2, $3, to_timestamp($4::float8 / 1000))
  on conflict (set_number) do update set digest = excluded.digest where published_set.digest = ''`;

/** Writes what a piece of the log says, in one transaction. Once more is nothing. */
export const takeOver = async (pool: Pool, { eventIds, links, places, named, ids, sets }: Findings): Promise<void> => {
  await createDays(pool, new Set(eventIds.map(({ day }) => day)));
  await transaction(pool, async (client) => {
    if (eventIds.length > 0) await client.query(EVENT_IDS, [uuids(eventIds.map(({ id }) => id)), uuids(eventIds.map(({ digest }) => digest)), arrayOf(eventIds.map(({ day }) => day), 'day')]);
    if (ids.length > 0) await client.query(FOUND, [ids]);
    if (links.length > 0) await takeLinks(client, links);
    for (const place of places) await takePlace(client, place);
    if (named.length > 0) await takeStrays(client, named);
    for (const set of sets) await takeSet(client, set);
  });
};

const takeLinks = async (client: Client, links: readonly FoundLink[]): Promise<void> => {
  const customerIds = uuids(links.map(({ customerId }) => customerId));
  const since = arrayOf(links.map((link) => link.since), 'bigint');
  await client.query(CUSTOMERS, [customerIds, since]);
  await client.query(HAVE_USER, [uuids(links.filter(({ kind }) => kind === 'user').map(({ customerId }) => customerId))]);
  const moved = links.filter(({ movedFrom }) => movedFrom !== null);
  const values = [uuids(links.map(({ key }) => key)), arrayOf(links.map(({ kind }) => kind), 'text'), customerIds, uuids(links.map(({ movedFrom }) => movedFrom)), since, arrayOf(links.map(({ by }) => by), 'text')];
  await client.query(MOVE, values);
  await client.query(LINK, values);
  if (moved.length > 0) await takeStrays(client, moved.map(({ movedFrom, key }) => ({ customerId: movedFrom!, key })));
};

const takeStrays = async (client: Client, named: readonly Named[]): Promise<void> => {
  await client.query(STRAYS, [uuids(named.map(({ customerId }) => customerId)), uuids(named.map(({ key }) => key))]);
};

/** Its own timeline tells what a customer is a part of, in order. */
export const takePlace = async (client: Client, { customerId, survivorId }: FoundPlace): Promise<void> => {
  await client.query('update identity.customer set survivor_id = $2, alone = $3 where customer_id = $1', [customerId, survivorId, survivorId === null]);
};

const takeSet = async (client: Client, { data }: FoundSet): Promise<void> => {
  await client.query(SET, [data.setNumber, publicationDigest(data), JSON.stringify(data), data.publishedAt]);
};

/** Whether a customer that survives has a user: as its links say, since merges and splits were taken over one by one. */
export const settleUsers = async (pool: Pool, customers: Iterable<CustomerId>): Promise<void> => {
  for (const id of customers)
    await query(pool, `with recursive up as (select customer_id, survivor_id from identity.customer where customer_id = $1
        union select c.customer_id, c.survivor_id from identity.customer c join up on c.customer_id = up.survivor_id),
      below as (select customer_id from up where survivor_id is null union select c.customer_id from identity.customer c join below on c.survivor_id = below.customer_id)
      update identity.customer set has_user = exists (select from identity.link join below using (customer_id) where kind = 'user')
      where customer_id = (select customer_id from up where survivor_id is null)`, [id]);
};

/**
 * Who was erased is, and its keys go at once: nothing is read or tied meanwhile. What else an erasure takes, and who of its set was not told of yet, follows when its
 * request is resolved once more. @returns how many keys there were
 */
export const eraseAgain = (pool: Pool, customers: readonly CustomerId[]): Promise<number> =>
  transaction(pool, async (client) => {
    await client.query('update identity.customer set erased = true where customer_id = any($1::uuid[]) and not erased', [uuids(customers)]);
    const links = await query<{ source_key: string }>(client, 'select source_key from identity.link where customer_id = any($1::uuid[])', [uuids(customers)]);
    return eraseKeys(client, [...links.map(({ source_key }) => source_key.replaceAll('-', '')), ...customers.map(customerSourceKey)] as never);
  });
