import type { CustomerSplit, SplitRequested } from '@touchpoint/contracts';
import { LinkBook, split, type CustomerSet, type Fact, type LinkableKind, type LinkChanges, type ResolvableEvent } from '@touchpoint/identity';
import type { CustomerId } from '@touchpoint/kernel';
import { customerSetIds, readCustomerSet, type Queryable } from '@touchpoint/store';
import type { Candidate } from './candidate.ts';
import { lockCustomers, type Loaded } from './link-store.ts';

/** What is asked for alone is resolved alone: it looks at a whole set, of which nothing may be pending in a book meanwhile. In order; each piece holds at least one. */
export const apart = (candidates: readonly Candidate[]): readonly (readonly Candidate[])[] => {
  if (!candidates.some(({ asks }) => asks)) return candidates.length === 0 ? [] : [candidates];
  const pieces: Candidate[][] = [];
  let open: Candidate[] | undefined;
  for (const candidate of candidates) {
    if (open && !candidate.asks) open.push(candidate);
    else {
      const piece = [candidate];
      pieces.push(piece);
      open = candidate.asks ? undefined : piece;
    }
  }
  return pieces;
};

export type Splitting = Readonly<{ customerId: CustomerId; facts: readonly Fact<CustomerSplit>[]; loaded: Loaded; changes: LinkChanges }>;

/**
 * What an operator's split comes to. Its set is locked in id order, then read: whoever ties one of them meanwhile waits, or has been there and is seen. Where the
 * member stands alone, or is part of another customer by now, nothing is split. The request itself goes onto the member's timeline.
 */
export const resolveSplit = async (on: Queryable, { sources: [source], publisher, messageId }: ResolvableEvent, { customerId, requestedBy, reason }: SplitRequested['data']): Promise<Splitting> => {
  if (source?.kind !== 'customer') throw new Error('a split names a customer');
  const { customerId: memberId } = source;
  await lockCustomers(on, await customerSetIds(on, memberId));
  const set: CustomerSet = await readCustomerSet<LinkableKind>(on, memberId);
  const loaded: Loaded = { book: new LinkBook(), links: new Set(), customers: new Map(set.customers.map((row) => [row.customerId, row])) };
  const done = chainOf(set, memberId).includes(customerId) ? split(set, { memberId, requestedBy, reason, publisher, messageId }) : undefined;
  if (!done || 'rejected' in done) return { customerId: memberId, facts: [], loaded, changes: { links: [], customers: [] } };
  return { customerId: memberId, facts: done.facts, loaded, changes: { links: [], customers: done.customers.toSorted((a, b) => (a.customerId < b.customerId ? -1 : 1)) } };
};

/** Whom a customer is a part of, up to the survivor. */
const chainOf = ({ customers }: CustomerSet, id: CustomerId): readonly CustomerId[] => {
  const survivorId = customers.find(({ customerId }) => customerId === id)?.survivorId ?? null;
  return survivorId === null ? [] : [survivorId, ...chainOf({ customers, links: [] }, survivorId)];
};
