import type { CustomerId, Link, SourceKey } from '@touchpoint/kernel';
import { query, type Queryable } from './pool.ts';

/** A customer and a link as the resolver's tables have them: what `libs/identity` knows as CustomerRow and LinkRow. */
type Customer = Readonly<{ customerId: CustomerId; createdAt: number; survivorId: CustomerId | null; hasUser: boolean; alone: boolean; erased: boolean }>;
type LinkOf<Kind> = Readonly<{ key: SourceKey; kind: Kind; customerId: CustomerId; since: number; by: Link }>;

const UP = `up as (select customer_id, survivor_id from identity.customer where customer_id = $1
  union select c.customer_id, c.survivor_id from identity.customer c join up on c.customer_id = up.survivor_id)`;
const SET = `with recursive ${UP}, down as (select customer_id from up where survivor_id is null
  union select c.customer_id from identity.customer c join down on c.survivor_id = down.customer_id)`;

/** The ids of all customers that are one with this one, in id order; none where it is unknown. */
export const customerSetIds = async (on: Queryable, id: string): Promise<readonly CustomerId[]> =>
  (await query<{ customer_id: CustomerId }>(on, `${SET} select customer_id from down order by customer_id`, [id])).map(({ customer_id }) => customer_id);

/** All customers that are one with this one, and all links to them, as they are now; none where it is unknown. */
export const readCustomerSet = async <Kind extends string>(on: Queryable, id: string): Promise<Readonly<{ customers: readonly Customer[]; links: readonly LinkOf<Kind>[] }>> => {
  const customers = await query<{ customer_id: CustomerId; created_at: string; survivor_id: CustomerId | null; has_user: boolean; alone: boolean; erased: boolean }>(on,
    `${SET} select customer_id, created_at, survivor_id, has_user, alone, erased from identity.customer join down using (customer_id) order by created_at, customer_id`, [id]);
  const links = await query<{ source_key: string; kind: Kind; customer_id: CustomerId; since: string; linked_by: Link }>(on,
    `${SET} select source_key, kind, customer_id, since, linked_by from identity.link join down using (customer_id) order by since, source_key`, [id]);
  return {
    customers: customers.map((row) => ({ customerId: row.customer_id, createdAt: Number(row.created_at), survivorId: row.survivor_id, hasUser: row.has_user, alone: row.alone, erased: row.erased })),
    links: links.map((row) => ({ key: row.source_key.replaceAll('-', '') as SourceKey, kind: row.kind, customerId: row.customer_id, since: Number(row.since), by: row.linked_by })),
  };
};
