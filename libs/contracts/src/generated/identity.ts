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

/** The person behind this customer was erased: the keys of all its sources are gone, columns with personal values are cleared, nothing is sent any more. On the timeline of every customer of the set; its messageId is derived from that of the ErasureRequested. */
export type CustomerErased = Message<'CustomerErased', {
  /** The customer whose timeline it stands on. */
  customerId: CustomerId;
  /** The customer that survives in the set. */
  rootId: CustomerId;
  /** How many customers the set consists of. */
  members: number;
  /** How many sources belonged to the set. */
  sources: number;
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

/** An operator has a customer erased. Comes in through touchpoints.received, under the source customer:<id>; on the timeline of the customer that survives, behind the CustomerErased that it led to. */
export type ErasureRequested = Message<'ErasureRequested', {
  /** The customer that was named: any of its set. */
  customerId: CustomerId;
  /** The operator or key that asked for it. Why is kept in the audit log: a free text may be personal, and this log is kept for ever. */
  requestedBy: string;
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

/** An operator said that two customers are one person. Its meta links them, as an alias does. */
export type LinkRequested = Message<'LinkRequested', {
  /** The operator or key that asked for it. Why is kept in the audit log: a free text may be personal, and this log is kept for ever. */
  requestedBy: string;
}>;

/** An operator said that a customer is no part of another one. The customer that its meta names as its source is the one to be taken out. */
export type SplitRequested = Message<'SplitRequested', {
  /** The customer that it is a part of. Where it is not, by the time that this is read, nothing is split. */
  customerId: CustomerId;
  /** The operator or key that asked for it. Why is kept in the audit log: a free text may be personal, and this log is kept for ever. */
  requestedBy: string;
}>;

/** Every message of identity. */
export type IdentityMessage =
  | CustomerAbsorbed
  | CustomerErased
  | CustomerMerged
  | CustomerSplit
  | ErasureRequested
  | IdentitiesLinked
  | LinkRequested
  | SplitRequested;
