import { transient, type CustomerId, type Link, type SourceKey } from '@touchpoint/kernel';
import { LinkBook, wanted, type CustomerRow, type LinkableKind, type LinkRow, type ResolvableEvent } from '@touchpoint/identity';
import { arrayOf, type Client } from '@touchpoint/store';

type LinkRecord = { source_key: string; kind: LinkableKind; customer_id: CustomerId; since: string; linked_by: Link };
type CustomerRecord = { customer_id: CustomerId; created_at: string; survivor_id: CustomerId | null; has_user: boolean; alone: boolean };

const LINKS = 'select source_key, kind, customer_id, since, linked_by from identity.link where source_key = any($1::uuid[])';
const CUSTOMERS = 'select customer_id, created_at, survivor_id, has_user, alone from identity.customer where customer_id = any($1::uuid[])';

/** These customers and all their survivors up to the root. Nearly all are roots: a recursive query would cost each of them its worktable. */
const loadUp = async (client: Client, ids: Iterable<CustomerId>): Promise<readonly CustomerRecord[]> => {
  const found = new Map<CustomerId, CustomerRecord>();
  for (let asked = [...ids]; asked.length > 0; ) {
    const { rows } = await client.query<CustomerRecord>({ name: 'customers', text: CUSTOMERS, values: [arrayOf(asked, 'uuid')] });
    for (const row of rows) found.set(row.customer_id, row);
    asked = [...new Set(rows.map(({ survivor_id }) => survivor_id))].filter((id): id is CustomerId => id !== null && !found.has(id));
  }
  return [...found.values()];
};

/** A book with what it was loaded from: what is there is updated, if it still is as it was, what is not is inserted. */
export type Loaded = Readonly<{ book: LinkBook; links: ReadonlySet<SourceKey>; customers: ReadonlyMap<CustomerId, CustomerRow> }>;

/**
 * Loads what the rule must know of these events. Links and customers that an event may change are locked, in id order; the others are read as they are:
 * a plain event lands on the right timeline or on one that was right a moment ago, and both are folded. Who is locked may turn out to have been absorbed
 * meanwhile, by one who is not; so a customer that is changed must still be what was read (`saveBook`).
 */
export const loadBook = async (client: Client, events: readonly ResolvableEvent[]): Promise<Loaded> => {
  const all = wanted(events);
  const tying = wanted(events.filter(({ link }) => link !== 'none'));
  if (tying.keys.length > 0) await client.query({ name: 'lock-links', text: `${LINKS} order by source_key for update`, values: [arrayOf(tying.keys, 'uuid')] });
  const links = (await client.query<LinkRecord>({ name: 'links', text: LINKS, values: [arrayOf(all.keys, 'uuid')] })).rows.map((row) => ({
    key: row.source_key.replaceAll('-', '') as SourceKey, kind: row.kind, customerId: row.customer_id, since: Number(row.since), by: row.linked_by,
  }));
  if (tying.keys.length > 0) {
    const locking = new Set(tying.keys);
    const concerned = [...tying.customerIds, ...links.filter(({ key }) => locking.has(key)).map(({ customerId }) => customerId)];
    const up = (await loadUp(client, new Set(concerned))).map(({ customer_id }) => customer_id);
    await client.query({ name: 'lock-customers', text: 'select from identity.customer where customer_id = any($1::uuid[]) order by customer_id for update', values: [arrayOf(up, 'uuid')] });
  }
  const rows = await loadUp(client, new Set([...all.customerIds, ...links.map(({ customerId }) => customerId)]));
  const customers = rows.map((row): CustomerRow => ({ customerId: row.customer_id, createdAt: Number(row.created_at), survivorId: row.survivor_id, hasUser: row.has_user, alone: row.alone }));
  return { book: new LinkBook({ links, customers }), links: new Set(links.map(({ key }) => key)), customers: new Map(customers.map((row) => [row.customerId, row])) };
};

/** Writes what a book changed. A row that is new to us and is there already, or is not what we read any more, was written by another partition meanwhile. @throws Failure Transient `IDENTITY.RACED`. */
export const saveBook = async (client: Client, { book, links: loadedLinks, customers: loadedCustomers }: Loaded): Promise<void> => {
  const { links, customers } = book.takeChanges();
  await saveRows(client, CUSTOMER_TABLE, customers, ({ customerId }) => loadedCustomers.get(customerId));
  await saveRows(client, LINK_TABLE, links, (row) => (loadedLinks.has(row.key) ? row : undefined));
};

type Table<Row> = Readonly<{ insert: string; update: string; values: (rows: readonly Row[]) => readonly unknown[]; /** What must still hold for a row that is updated. */ was: (rows: readonly Row[]) => readonly unknown[] }>;

/** What may change of a customer. */
const stateOf = (rows: readonly CustomerRow[]): readonly Buffer[] => [arrayOf(rows.map((row) => row.survivorId), 'uuid'), arrayOf(rows.map((row) => row.hasUser), 'boolean'), arrayOf(rows.map((row) => row.alone), 'boolean')];

const CUSTOMER_TABLE: Table<CustomerRow> = {
  insert: `insert into identity.customer (customer_id, created_at, survivor_id, has_user, alone)
    select * from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::boolean[], $5::boolean[]) on conflict do nothing`,
  update: `update identity.customer c set survivor_id = given.survivor_id, has_user = given.has_user, alone = given.alone
    from unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::boolean[], $5::boolean[], $6::uuid[], $7::boolean[], $8::boolean[]) as given(customer_id, created_at, survivor_id, has_user, alone, was_survivor, had_user, was_alone)
    where c.customer_id = given.customer_id and c.survivor_id is not distinct from given.was_survivor and c.has_user = given.had_user and c.alone = given.was_alone`,
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
    if (rowCount !== count) throw transient('IDENTITY.RACED', 'another partition met the same source or customer meanwhile; the batch is resolved again');
  };
  if (there.length > 0) await write(table.update, [...table.values(there), ...table.was(there.map((row) => asRead(row)!))], there.length);
  if (fresh.length > 0) await write(table.insert, table.values(fresh), fresh.length);
};
