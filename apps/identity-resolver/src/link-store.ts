import { transient, type CustomerId, type Link, type SourceKey } from '@touchpoint/kernel';
import { LinkBook, wanted, type CustomerRow, type ErasedKeys, type LinkableKind, type LinkChanges, type LinkRow, type ResolvableEvent } from '@touchpoint/identity';
import { arrayOf, query, type Client, type Queryable } from '@touchpoint/store';
import { dropKeys, eraseKeys } from '@touchpoint/vault';

export const RACED = 'IDENTITY.RACED';

export type CustomerRecord = { customer_id: CustomerId; created_at: string; survivor_id: CustomerId | null; has_user: boolean; alone: boolean; erased: boolean };
/** A link with the customer it names. */
export type LinkRecord = CustomerRecord & { source_key: string; kind: LinkableKind; since: string; linked_by: Link };

const CUSTOMERS = 'select customer_id, created_at, survivor_id, has_user, alone, erased from identity.customer where customer_id = any($1::uuid[])';
const LINKS = `select source_key, kind, since, linked_by, customer_id, created_at, survivor_id, has_user, alone, erased
  from identity.link join identity.customer using (customer_id) where source_key = any($1::uuid[])`;
const LOCKED_LINKS = 'select customer_id from identity.link where source_key = any($1::uuid[]) order by source_key for update';
const LOCKED_CUSTOMERS = 'select from identity.customer where customer_id = any($1::uuid[]) order by customer_id for update';

const select = async <Row extends Record<string, unknown>>(on: Queryable, text: string, keys: readonly string[]): Promise<readonly Row[]> => (keys.length === 0 ? [] : query<Row>(on, text, [arrayOf(keys, 'uuid')]));

/** Held until the transaction ends; in id order, so that two who lock the same wait and do not meet. */
export const lockCustomers = async (on: Queryable, ids: readonly CustomerId[]): Promise<void> => void (await select(on, LOCKED_CUSTOMERS, ids));

/** Adds these customers and all their survivors up to the root. Nearly all are roots: a recursive query would cost each of them its worktable. */
const loadUp = async (on: Queryable, found: Map<CustomerId, CustomerRecord>, ids: Iterable<CustomerId>): Promise<void> => {
  const survivorsOf = (rows: Iterable<CustomerRecord>) => Array.from(rows, ({ survivor_id }) => survivor_id).filter((id) => id !== null);
  for (let asked = [...ids, ...survivorsOf(found.values())]; ; ) {
    asked = [...new Set(asked)].filter((id) => !found.has(id));
    if (asked.length === 0) return;
    const rows = await select<CustomerRecord>(on, CUSTOMERS, asked);
    for (const row of rows) found.set(row.customer_id, row);
    asked = survivorsOf(rows);
  }
};

/** A book with what it was loaded from: what is there is updated, if it still is as it was, what is not is inserted. */
export type Loaded = Readonly<{ book: LinkBook; links: ReadonlySet<SourceKey>; customers: ReadonlyMap<CustomerId, CustomerRow> }>;

export const customerOf = (row: CustomerRecord): CustomerRow => ({ customerId: row.customer_id, createdAt: Number(row.created_at), survivorId: row.survivor_id, hasUser: row.has_user, alone: row.alone, erased: row.erased });
export const linkOf = (row: Omit<LinkRecord, keyof CustomerRecord> & Pick<LinkRecord, 'customer_id'>): LinkRow => ({ key: row.source_key.replaceAll('-', '') as SourceKey, kind: row.kind, customerId: row.customer_id, since: Number(row.since), by: row.linked_by });

/** Whether an event may change what another partition reads: it is resolved inside the transaction that locks what it ties. */
export const ties = ({ link }: Pick<ResolvableEvent, 'link'>): boolean => link !== 'none';

/**
 * Loads what the rule must know of these events. Links and customers that an event may tie are locked, in id order, so these want a transaction; the others are read
 * as they are: a plain event lands on the right timeline or on one that was right a moment ago, and both are folded. Who is locked may turn out to have been absorbed
 * meanwhile, by one who is not; so a customer that is changed must still be what was read (`saveBook`).
 */
export const loadBook = async (on: Queryable, events: readonly ResolvableEvent[]): Promise<Loaded> => {
  const all = wanted(events);
  const tying = wanted(events.filter(ties));
  if (tying.keys.length > 0) {
    const concerned = new Map<CustomerId, CustomerRecord>();
    await loadUp(on, concerned, [...tying.customerIds, ...(await select<{ customer_id: CustomerId }>(on, LOCKED_LINKS, tying.keys)).map(({ customer_id }) => customer_id)]);
    await lockCustomers(on, [...concerned.keys()]);
  }
  const links = await select<LinkRecord>(on, LINKS, all.keys);
  const found = new Map<CustomerId, CustomerRecord>(links.map((row) => [row.customer_id, row]));
  await loadUp(on, found, all.customerIds);
  const customers = Array.from(found.values(), customerOf);
  const linkRows = links.map(linkOf);
  return { book: new LinkBook({ links: linkRows, customers }), links: new Set(linkRows.map(({ key }) => key)), customers: new Map(customers.map((row) => [row.customerId, row])) };
};

const STRAYS = 'insert into identity.stray (customer_id, source_key) select * from unnest($1::uuid[], $2::uuid[]) on conflict do nothing';

/** @returns how many keys there were */
export const eraseSources = async (client: Client, { forever, soFar }: ErasedKeys): Promise<number> => (await eraseKeys(client, forever)) + (await dropKeys(client, soFar));

/** Writes what a book changed. A row that is new to us and is there already, or is not what we read any more, was written by another partition meanwhile. @throws Failure Transient RACED. */
export const saveBook = async (client: Client, { links, customers, strays, erased }: LinkChanges, { links: loadedLinks, customers: loadedCustomers }: Loaded): Promise<void> => {
  await saveRows(client, CUSTOMER_TABLE, customers, ({ customerId }) => loadedCustomers.get(customerId));
  await saveRows(client, LINK_TABLE, links, (row) => (loadedLinks.has(row.key) ? row : undefined));
  if (strays.length > 0) await client.query(STRAYS, [arrayOf(strays.map(({ customerId }) => customerId), 'uuid'), arrayOf(strays.map(({ key }) => key), 'uuid')]);
  await eraseSources(client, erased);
};

type Table<Row> = Readonly<{ insert: string; update: string; values: (rows: readonly Row[]) => readonly unknown[]; /** What must still hold for a row that is updated. */ was: (rows: readonly Row[]) => readonly unknown[] }>;

/** What may change of a customer. */
const stateOf = (rows: readonly CustomerRow[]): readonly Buffer[] => [arrayOf(rows.map((row) => row.survivorId), 'uuid'), arrayOf(rows.map((row) => row.hasUser), 'boolean'), arrayOf(rows.map((row) => row.alone), 'boolean'), arrayOf(rows.map((row) => row.erased), 'boolean')];

const CUSTOMER_TABLE: Table<CustomerRow> = {
  insert: `insert into identity.customer (customer_id, created_at, survivor_id, has_user, alone, erased)
    select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::boolean[], $5::boolean[], $6::boolean[]) on conflict do nothing`,
  update: `update identity.customer c set survivor_id = given.survivor_id, has_user = given.has_user, alone = given.alone, erased = given.erased
    from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::boolean[], $5::boolean[], $6::boolean[], $7::uuid[], $8::boolean[], $9::boolean[], $10::boolean[])
      as given(customer_id, created_at, survivor_id, has_user, alone, erased, was_survivor, had_user, was_alone, was_erased)
    where c.customer_id = given.customer_id and c.survivor_id is not distinct from given.was_survivor and c.has_user = given.had_user and c.alone = given.was_alone and c.erased = given.was_erased`,
  values: (rows) => [arrayOf(rows.map((row) => row.customerId), 'uuid'), arrayOf(rows.map((row) => row.createdAt), 'bigint'), ...stateOf(rows)],
  was: stateOf,
};
const LINK_TABLE: Table<LinkRow> = {
  insert: `insert into identity.link (source_key, kind, customer_id, since, linked_by)
    select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::text[]) on conflict do nothing`,
  update: `update identity.link l set customer_id = given.customer_id, since = given.since, linked_by = given.linked_by
    from unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::text[]) as given(source_key, kind, customer_id, since, linked_by) where l.source_key = given.source_key`,
  values: (rows) => [
    arrayOf(rows.map((row) => row.key), 'uuid'), arrayOf(rows.map((row) => row.kind), 'text'), arrayOf(rows.map((row) => row.customerId), 'uuid'),
    arrayOf(rows.map((row) => row.since), 'bigint'), arrayOf(rows.map((row) => row.by), 'text'),
  ],
  // A link is changed only by events that have locked it.
  was: () => [],
};

const saveRows = async <Row>(client: Client, table: Table<Row>, rows: readonly Row[], asRead: (row: Row) => Row | undefined): Promise<void> => {
  const there = rows.filter((row) => asRead(row));
  const fresh = rows.filter((row) => !asRead(row));
  const write = async (text: string, values: readonly unknown[], count: number) => {
    const { rowCount } = await client.query({ text, values: [...values] });
    if (rowCount !== count) throw transient(RACED, 'another partition met the same source or customer meanwhile; the batch is resolved again');
  };
  if (there.length > 0) await write(table.update, [...table.values(there), ...table.was(there.map((row) => asRead(row)!))], there.length);
  if (fresh.length > 0) await write(table.insert, table.values(fresh), fresh.length);
};
