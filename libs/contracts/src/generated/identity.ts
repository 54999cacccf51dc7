// Generated from schemas/ by `npm run codegen`. Do not edit.
import type { CustomerId, Message, SourceKey } from '@touchpoint/kernel';
import type { Link, LinkedSource } from './shapes.ts';

/** This customer became a part of another. On the absorbed customer's timeline. */
export type CustomerAbsorbed = Message<'CustomerAbsorbed', {
  /** The customer that was absorbed. */
  customerId: CustomerId;
  /** The customer that it is a part of now. */
  survivorId: CustomerId;
  /** What tied them. */
  by: Link;
}>;

/** Another customer became a part of this one. On the survivor's timeline. */
export type CustomerMerged = Message<'CustomerMerged', {
  /** The customer that survives. */
  customerId: CustomerId;
  /** The customer that was absorbed. */
  absorbedId: CustomerId;
  /** What tied them. */
  by: Link;
}>;

/** A customer that was absorbed stands alone again. On both timelines. */
export type CustomerSplit = Message<'CustomerSplit', {
  /** The customer that it was a part of. */
  customerId: CustomerId;
  /** The customer that stands alone again. */
  memberId: CustomerId;
  /** Keys of the sources that go with it. */
  sources: readonly SourceKey[];
  /** The operator or key that asked for it. */
  requestedBy: string;
  /** Why. */
  reason: string | null;
}>;

/** Sources now belong to this customer. The link table can be rebuilt from these facts. On the customer's timeline. */
export type IdentitiesLinked = Message<'IdentitiesLinked', {
  /** The customer. */
  customerId: CustomerId;
  /** What tied them. */
  by: Link;
  /** The sources that are new to the customer. */
  linked: readonly LinkedSource[];
}>;

/** Every message of identity. */
export type IdentityMessage =
  | CustomerAbsorbed
  | CustomerMerged
  | CustomerSplit
  | IdentitiesLinked;
