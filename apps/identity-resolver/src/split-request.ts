import type { CustomerSplit, SplitRequested } from '@touchpoint/contracts';
import { LinkBook, split, type CustomerSet, type Fact, type LinkableKind, type LinkChanges, type ResolvableEvent } from '@touchpoint/identity';
import { transient, type CustomerId } from '@touchpoint/kernel';
import { customerSetIds, readCustomerSet, type Queryable } from '@touchpoint/store';
import { lockCustomers, RACED, type Loaded } from './link-store.ts';

const NO_CHANGES: LinkChanges = { links: [], customers: [], strays: [], erased: { forever: [], soFar: [] } };

export type Splitting = Readonly<{ customerId: CustomerId; facts: readonly Fact<CustomerSplit>[]; loaded: Loaded; changes: LinkChanges }>;

/**
 * What an operator's split comes to. Its set is locked in id order, then read: whoever ties one of them meanwhile waits, or has been there and is seen. Where the
 * member stands alone, or is part of another customer by now, nothing is split. The request itself goes onto the member's timeline.
 */
export const resolveSplit = async (on: Queryable, { sources: [source], publisher, messageId }: ResolvableEvent, { customerId, requestedBy }: SplitRequested['data']): Promise<Splitting> => {
  if (source?.kind !== 'customer') throw new Error('a split names a customer');
  const { customerId: memberId } = source;
  const locked = await customerSetIds(on, memberId);
  await lockCustomers(on, locked);
  const set: CustomerSet = await readCustomerSet<LinkableKind>(on, memberId);
  if (set.customers.map((row) => row.customerId).toSorted().join() !== locked.join()) throw transient(RACED, 'another partition joined or split the customer meanwhile; it is looked at again');
  const loaded: Loaded = { book: new LinkBook(), links: new Set(), customers: new Map(set.customers.map((row) => [row.customerId, row])) };
  const done = chainOf(set, memberId).includes(customerId) ? split(set, { memberId, requestedBy, reason: null, publisher, messageId }) : undefined;
  if (!done || 'rejected' in done) return { customerId: memberId, facts: [], loaded, changes: NO_CHANGES };
  return { customerId: memberId, facts: done.facts, loaded, changes: { ...NO_CHANGES, customers: done.customers.toSorted((a, b) => (a.customerId < b.customerId ? -1 : 1)) } };
};

/** Whom a customer is a part of, up to the survivor. */
const chainOf = ({ customers }: CustomerSet, id: CustomerId): readonly CustomerId[] => {
  const survivorId = customers.find(({ customerId }) => customerId === id)?.survivorId ?? null;
  return survivorId === null ? [] : [survivorId, ...chainOf({ customers, links: [] }, survivorId)];
};
