// Generated from schemas/ by `npm run codegen`. Do not edit.
import type { CustomerId, Message } from '@touchpoint/kernel';

/** An operator said that two customers are one person. Its meta links them, as an alias does. */
export type LinkRequested = Message<'LinkRequested', {
  /** The operator or key that asked for it. */
  requestedBy: string;
  /** Why. */
  reason: string | null;
}>;

/** An operator said that a customer is no part of another one. The customer that its meta names as its source is the one to be taken out. */
export type SplitRequested = Message<'SplitRequested', {
  /** The customer that it is a part of. Where it is not, by the time that this is read, nothing is split. */
  customerId: CustomerId;
  /** The operator or key that asked for it. */
  requestedBy: string;
  /** Why. */
  reason: string | null;
}>;

/** Every message of operator. */
export type OperatorMessage =
  | LinkRequested
  | SplitRequested;
