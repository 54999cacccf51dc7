import type { Instant, Link } from '@touchpoint/kernel';
import type { Raw } from './app-context.ts';
import type { ClearData, SourceId, TouchpointName } from './clear.ts';
import type { Refusal } from './issues.ts';

/** One record to be: a touchpoint in clear, and what its meta will say. The app seals, keys and digests it. */
export type Incoming = {
  readonly [N in TouchpointName]: Readonly<{
    type: N;
    data: ClearData<N>;
    messageId: string;
    occurredAt: Instant;
    historical: boolean;
    /** The first is the primary one. */
    sources: readonly SourceId[];
    link: Link;
    /** The messageId of the event that this record was derived from. */
    causationId: string | null;
    /**
     * What tells a repeat from another event that took the same id: one text for one event, however often and in whatever key order it is sent.
     * Clear, so digest it under a secret. Without sentAt, context, integrations: they differ between the attempts of a sender.
     */
    canonical: string;
  }>;
}[TouchpointName];

/** What came of one event: its records, the first its own and the others derived from it, or why it was not taken. */
export type Intake = Readonly<{ taken: readonly Incoming[] }> | Readonly<{ refused: Refusal }>;

/** How an event came. */
export type Arrival = Readonly<{
  receivedAt: Instant;
  /** What the batch says of when it was sent, as it came. An event's own word goes before it. */
  sentAt?: unknown;
  /** Whether the sender may mark events as history. */
  mayImport: boolean;
  /** Whether the JSON text held a \u escape; without one, no text in it can hold a NUL or half a surrogate pair. */
  escaped: boolean;
  /** What the batch says for all its events; an event's own context goes before it. */
  context?: Raw | undefined;
}>;
