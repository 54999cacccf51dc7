import { erase, type Erasure, type StrayRow } from '@touchpoint/identity';
import { transient, type CustomerId, type SourceKey } from '@touchpoint/kernel';
import { arrayOf, query, type Client } from '@touchpoint/store';
import { customerOf, eraseSources, linkOf, RACED, type CustomerRecord, type LinkRecord } from './link-store.ts';

/** The root first; then those who were absorbed, level by level. */
const ROOT = `with recursive up as (select customer_id, survivor_id from identity.customer where customer_id = $1
  union select c.customer_id, c.survivor_id from identity.customer c join up on c.customer_id = up.survivor_id) select customer_id from up where survivor_id is null`;
const SET = `with recursive below as (select customer_id from identity.customer where customer_id = $1
  union select c.customer_id from identity.customer c join below on c.survivor_id = below.customer_id) select customer_id from below order by customer_id`;
const LOCKED = 'select customer_id, created_at, survivor_id, has_user, alone, erased from identity.customer where customer_id = any($1::uuid[]) order by customer_id for update';
const LOCKED_LINKS = 'select from identity.link where customer_id = any($1::uuid[]) order by source_key for update';
const LINKS = 'select source_key, kind, since, linked_by, customer_id from identity.link where customer_id = any($1::uuid[])';
const STRAYS = 'select customer_id, source_key from identity.stray where customer_id = any($1::uuid[])';

const membersOf = async (client: Client, customerId: CustomerId): Promise<readonly CustomerId[]> => {
  const [root] = await query<{ customer_id: CustomerId }>(client, ROOT, [customerId]);
  return root ? (await query<{ customer_id: CustomerId }>(client, SET, [root.customer_id])).map(({ customer_id }) => customer_id) : [];
};

/**
 * Erases the person behind a customer, in the transaction that keeps what is to be told of it: keys, tombstones, the mark that keeps its set from ever being joined.
 * @throws Failure Transient RACED when the set was changed while it was locked.
 */
export const eraseCustomer = async (client: Client, request: Readonly<{ customerId: CustomerId; publisher: string; messageId: string }>): Promise<Erasure> => {
  const members = await membersOf(client, request.customerId);
  const ids = arrayOf(members, 'uuid');
  // As everybody locks: links in the order of their keys, then customers in the order of their ids. Behind that nobody ties a source to them, and what is there can be read.
  await client.query(LOCKED_LINKS, [ids]);
  const customers = (await query<CustomerRecord>(client, LOCKED, [ids])).map(customerOf);
  const again = await membersOf(client, request.customerId);
  if (again.join() !== members.join()) throw transient(RACED, 'another partition joined or split the customer meanwhile; it is erased again');
  const links = (await query<LinkRecord>(client, LINKS, [ids])).map(linkOf);
  const strays = (await query<{ customer_id: CustomerId; source_key: string }>(client, STRAYS, [ids])).map(({ customer_id, source_key }): StrayRow => ({ customerId: customer_id, key: source_key.replaceAll('-', '') as SourceKey }));
  const erasure = erase({ customers, links, strays }, request);
  await client.query('update identity.customer set erased = true where customer_id = any($1::uuid[]) and not erased', [ids]);
  await eraseSources(client, erasure.keys);
  return erasure;
};
