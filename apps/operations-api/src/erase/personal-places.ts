import type { CustomerId } from '@touchpoint/kernel';
import { projections } from '@touchpoint/profile';
import { projectionTable, query, quoted, type Pool, type ProjectionTable } from '@touchpoint/store';

const SET = `with recursive up as (select customer_id, survivor_id from identity.customer where customer_id = $1
    union select c.customer_id, c.survivor_id from identity.customer c join up on c.customer_id = up.survivor_id),
  below as (select customer_id from up where survivor_id is null union select c.customer_id from identity.customer c join below on c.survivor_id = below.customer_id)
  select customer_id, erased from below join identity.customer using (customer_id) order by customer_id`;

export type SetMember = Readonly<{ customerId: CustomerId; erased: boolean }>;
/** All that are one customer with this one; none: nobody has heard of it. */
export const membersOf = async (pool: Pool, customerId: CustomerId): Promise<readonly SetMember[]> =>
  (await query<{ customer_id: CustomerId; erased: boolean }>(pool, SET, [customerId])).map(({ customer_id, erased }) => ({ customerId: customer_id, erased }));

const tables = projections.map((projection) => projectionTable(projection)).filter((table): table is ProjectionTable & { cleared: object } => table.cleared !== undefined);
const told = (column: string, cleared: unknown) => `${column} is distinct from ${cleared === null ? 'null' : `'${JSON.stringify(cleared)}'`}`;

/** Where something personal of a customer lies, and what counts it: one number each. `$1`: the set's customers, as uuids. */
const PLACES: Readonly<Record<string, string>> = {
  'keys of sources': `select count(*) from vault.data_key where wrapped is not null and (source_key = any($1::uuid[]) or source_key in (select source_key from identity.link where customer_id = any($1::uuid[])))`,
  'sources that were another\'s too': 'select count(*) from identity.stray where customer_id = any($1::uuid[])',
  ...Object.fromEntries(tables.map(({ projection: { name }, table, cleared }) =>
    [`rows of ${name}`, `select count(*) from ${table} where customer_id = any($1::uuid[]) and (${Object.entries(cleared).map(([column, value]) => told(quoted(column), value)).join(' or ')})`])),
  'states with an address': `select count(*) from orchestration.customer where customer_id = any($1::uuid[]) and state like '%"address":"%'`,
  'messages in the sandbox': `select count(*) from delivery.sandbox_message where customer_id = any($1::uuid[]) and exists (select from vault.data_key k where k.source_key = sandbox_message.customer_id and k.wrapped is not null)`,
};

/** How many of each place there are: what an erasure takes. Only numbers, so that they may be kept. */
export const placesOf = async (pool: Pool, members: readonly SetMember[]): Promise<Readonly<Record<string, number>>> => {
  const names = Object.keys(PLACES);
  const counts = await query<{ n: string; count: string }>(pool, names.map((name, i) => `select ${i} as n, (${PLACES[name]}) as count`).join(' union all '), [members.map(({ customerId }) => customerId)]);
  return Object.fromEntries(counts.sort((a, b) => Number(a.n) - Number(b.n)).map(({ n, count }) => [names[Number(n)]!, Number(count)]));
};

const LEFT = `select 'identity-resolver' as what where exists (select from identity.customer where customer_id = any($1::uuid[]) and not erased)
  union all select 'profile-projector' where exists (select from unnest($1::uuid[]) m where not exists (select from profile.timeline_index t where t.customer_id = m and t.type = 'CustomerErased')
      and not exists (select from log.parked p where p.consumer = 'profile-projector' and p.key = m::text))
  union all select 'the request' where (select count(*) from profile.timeline_index where customer_id = any($1::uuid[]) and type = 'ErasureRequested') <= $2
      and not exists (select from log.parked p where p.consumer = 'profile-projector' and p.key = any($1::uuid[]::text[]))
  union all select 'channel-orchestrator' where exists (select from unnest($1::uuid[]) m where not exists (select from orchestration.customer c where c.customer_id = m and c.state like '%"erased":%')
      and not exists (select from log.parked p where p.consumer = 'channel-orchestrator' and p.key = m::text))`;

/** Who has not followed an erasure yet. Where events of the customer lie parked, their own row follows when they are retried: its values are unreadable until then. */
export const behindOf = async (pool: Pool, members: readonly SetMember[], requestsBefore: number): Promise<readonly string[]> =>
  (await query<{ what: string }>(pool, LEFT, [members.map(({ customerId }) => customerId), requestsBefore])).map(({ what }) => what);

/** Erasures that stand on the set's timelines, as far as read models are. */
export const requestsOf = async (pool: Pool, members: readonly SetMember[]): Promise<number> =>
  Number((await query<{ n: string }>(pool, `select count(*) as n from profile.timeline_index where customer_id = any($1::uuid[]) and type = 'ErasureRequested'`, [members.map(({ customerId }) => customerId)]))[0]!.n);

/** Records of these customers, or of their sources, that lie parked: sealed, so unreadable too. */
export const parkedOf = async (pool: Pool, members: readonly SetMember[]): Promise<number> =>
  Number((await query<{ n: string }>(pool, `select count(*) as n from log.parked where key = any($1::uuid[]::text[]) or key in (select replace(m::text, '-', '') from unnest($1::uuid[]) m)
    or key in (select replace(source_key::text, '-', '') from identity.link where customer_id = any($1::uuid[]))`, [members.map(({ customerId }) => customerId)]))[0]!.n);
