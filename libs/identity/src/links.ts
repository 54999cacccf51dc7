import type { CustomerId, Instant, Link, SourceKey } from '@touchpoint/kernel';
import type { LinkableKind } from './source.ts';

/** To which customer a source belongs: since when, and how that came. The customer may have been absorbed since; its survivor is found from there. */
export type LinkRow = Readonly<{ key: SourceKey; kind: LinkableKind; customerId: CustomerId; since: Instant; by: Link }>;

/** A customer and its place in the set of customers that were joined: a tree whose root survives. The root is the oldest of its set. */
export type CustomerRow = Readonly<{
  customerId: CustomerId;
  /** When the first event occurred that it was made for. */
  createdAt: Instant;
  /** The customer that absorbed this one; null: it is a root. Chains are followed. */
  survivorId: CustomerId | null;
  /** Whether a user belongs to it or to a customer it absorbed. Kept up to date on roots only. */
  hasUser: boolean;
  /** An operator split it off: only an explicit alias joins it with another again. */
  alone: boolean;
  /** The person behind it was erased. It joins no other any more, not even by an alias; and it takes no source that is another's. */
  erased: boolean;
}>;

/**
 * A source that events of this customer named while it was, or has become, another's. What they said of a person may be sealed under its key, so it is known for the
 * day that the customer is erased.
 */
export type StrayRow = Readonly<{ customerId: CustomerId; key: SourceKey }>;

/** What is known: links, and the customers they name, with every survivor up to the root. */
export type LinkSnapshot = Readonly<{ links: Iterable<LinkRow>; customers: Iterable<CustomerRow> }>;
/**
 * Rows to insert or overwrite, in id order: two writers that meet take their locks in one order. `strays` may be there already. `erased`: sources that came to a
 * customer after it was erased.
 */
export type LinkChanges = Readonly<{ links: readonly LinkRow[]; customers: readonly CustomerRow[]; strays: readonly StrayRow[]; erased: ErasedKeys }>;
/** Sources whose keys go: for ever, or only what was sealed under them so far, since they are others' too. */
export type ErasedKeys = Readonly<{ forever: readonly SourceKey[]; soFar: readonly SourceKey[] }>;
