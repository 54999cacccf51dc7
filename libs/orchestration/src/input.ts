import type { TimelineEvent } from '@touchpoint/contracts';
import type { CustomerId, Instant, Recorded } from '@touchpoint/kernel';

/** A record of a customer's timeline, as it is decided on. The broker's own time stamp is left out: a record that is sent again after a crash has another one. */
export type Input = Readonly<{ message: TimelineEvent; recorded: Pick<Recorded, 'meta' | 'customerId' | 'position'> }>;

/**
 * What caused a decision, and the two times of it.
 *
 * `at`: when it happened, by the publisher's corrected clock, but not after it was received. Measures, the start of a run and the waits that follow from it
 * count from here, so that "no order for 90 days" means 90 days after the order, also where the order was reported late.
 * For a timer: when it was due.
 *
 * `now`: when it came to be known: `receivedAt`, for an imported touchpoint the time of its import; for `TimerFired` the time up to which everything received had
 * been resolved when it fired (a back-test sets the due time). Whether a message is too late is judged by it, durations in conditions count back from it,
 * and what follows a message (not opened within 3 days) counts from the later of both.
 */
export type Cause = Readonly<{ type: string; /** messageId of the record; of a touchpoint that was handed on, `messageId` is its own. */ recordId: string; messageId: string; publisher: string; customerId: CustomerId; partition: number; offset: number; at: Instant; now: Instant; historical: boolean }>;

export const causeOf = ({ message: { type }, recorded: { meta, customerId, position } }: Input): Cause => ({
  type,
  recordId: meta.messageId,
  messageId: meta.messageId,
  publisher: meta.publisher,
  customerId,
  partition: position.partition,
  offset: position.offset,
  at: Math.min(meta.occurredAt, meta.receivedAt),
  now: meta.receivedAt,
  historical: meta.historical,
});
