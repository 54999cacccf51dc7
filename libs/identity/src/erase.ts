import type { CustomerId, SourceKey } from '@touchpoint/kernel';
import type { CustomerErased } from '@touchpoint/contracts';
import type { CustomerRow, ErasedKeys, LinkRow, StrayRow } from './links.ts';
import { factId, type Cause, type Fact } from './resolution.ts';
import { customerSourceKey } from './source.ts';

/** All of one set: every member, every link to it, and every stray source of it. */
export type ErasableSet = Readonly<{ customers: readonly CustomerRow[]; links: readonly LinkRow[]; strays: readonly StrayRow[] }>;
/** The name a request goes by on the log. */
export const ERASURE = 'ErasureRequested';
export type Erasure = Readonly<{ customers: readonly CustomerRow[]; keys: ErasedKeys; facts: readonly Fact<CustomerErased>[] }>;

/**
 * An operator's act: the person behind a customer is erased, with the whole set (design §7). Its sources stay linked to it, so that a late event of one still counts
 * where it belongs; their keys are gone, and none is made again. So are those of `customer:<id>`, under which lies what was sent. A stray source is another's, or
 * nobody's: only what was sealed under its key so far goes. Erased once more, it tells nothing new, and takes the keys of what strayed meanwhile.
 */
export const erase = ({ customers, links, strays }: ErasableSet, request: Cause & Readonly<{ customerId: CustomerId }>): Erasure => {
  const ids = customers.map(({ customerId }) => customerId);
  const forever = [...links.map(({ key }) => key), ...ids.map(customerSourceKey)].sort();
  const own = new Set<SourceKey>(forever);
  const rootId = customers.find(({ survivorId }) => survivorId === null)?.customerId;
  const cause = { ...request, sources: [{ kind: 'customer' as const, customerId: request.customerId }] };
  return {
    customers: customers.filter(({ erased }) => !erased).map((customer) => ({ ...customer, erased: true })),
    keys: { forever, soFar: [...new Set(strays.map(({ key }) => key))].filter((key) => !own.has(key)).sort() },
    facts: customers.filter(({ erased }) => !erased).map(({ customerId: timeline }) => ({
      id: factId(cause, 'CustomerErased', timeline), timeline, type: 'CustomerErased', data: { customerId: timeline, rootId: rootId!, members: ids.length, sources: links.length },
    })),
  };
};
