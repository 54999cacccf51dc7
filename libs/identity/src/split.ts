import { reject, type CustomerId, type SourceKey } from '@touchpoint/kernel';
import type { CustomerSplit } from '@touchpoint/contracts';
import type { CustomerRow, LinkRow } from './links.ts';
import { factId, type Cause, type Fact } from './resolution.ts';

/** An operator's act: this member was no part of the customer. */
export type SplitRequest = Cause & Readonly<{ memberId: CustomerId; requestedBy: string; reason: string | null }>;
/** All of one set: every member with every link to it. */
export type CustomerSet = Readonly<{ customers: readonly CustomerRow[]; links: readonly LinkRow[] }>;
export type Split = Readonly<{ customers: readonly CustomerRow[]; sources: readonly SourceKey[]; facts: readonly Fact<CustomerSplit>[] }>;
export type SplitRejection = 'IDENTITY.NOT_ABSORBED';

/**
 * Takes a member out of its set, with what it had absorbed itself before: exactly the merge is undone. Its sources go back with it, since links name
 * the member; what reached the survivor's timeline meanwhile stays there. From then on only an explicit alias joins it again: the next identify must
 * not undo what the operator did. Only the member's own row says that it is apart, so its own timeline tells the whole story.
 *
 * Rejected for a root: it absorbed the others, so it is they who can leave. Nothing is pending for the set in a `LinkBook` meanwhile.
 */
export const split = ({ customers, links }: CustomerSet, request: SplitRequest): Split | Readonly<{ rejected: SplitRejection }> => {
  const { memberId, requestedBy, reason } = request;
  const byId = new Map(customers.map((customer) => [customer.customerId, customer]));
  const member = byId.get(memberId);
  if (!member || member.survivorId === null) return reject('IDENTITY.NOT_ABSORBED');
  const chain = (id: CustomerId): readonly CustomerId[] => {
    const survivorId = byId.get(id)?.survivorId ?? null;
    return survivorId === null ? [id] : [id, ...chain(survivorId)];
  };
  const root = byId.get(chain(memberId).at(-1)!);
  if (!root) throw new Error(`the set of ${memberId} was not loaded up to its root`);
  const leaving = new Set(customers.map(({ customerId }) => customerId).filter((id) => chain(id).includes(memberId)));
  const hasUser = (leaves: boolean) => links.some(({ kind, customerId }) => kind === 'user' && leaving.has(customerId) === leaves);
  const sources = links.filter(({ customerId }) => leaving.has(customerId)).map(({ key }) => key).sort();
  const data = { customerId: root.customerId, memberId, sources, requestedBy, reason };
  const cause = { ...request, sources: [{ kind: 'customer' as const, customerId: memberId }] };
  return {
    customers: [
      { ...member, survivorId: null, hasUser: hasUser(true), alone: true },
      { ...root, hasUser: hasUser(false) },
    ],
    sources,
    facts: [memberId, root.customerId].map((timeline) => ({ id: factId(cause, 'CustomerSplit', timeline), timeline, type: 'CustomerSplit', data })),
  };
};
