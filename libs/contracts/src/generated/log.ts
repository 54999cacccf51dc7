// Generated from schemas/ by `npm run codegen`. Do not edit.
import type { Instant, Message } from '@touchpoint/kernel';
import type { Link, SourceRef } from './shapes.ts';

/** What the log knows about a record beside its data. Travels in the header meta, behind one byte that names this version; not in the registry. */
export type Meta = Message<'Meta', {
  /** The publisher's id of the event. Together with publisher and primary source it is the event's identity. */
  messageId: string;
  /** Who published it: the name of the key, or of the process. */
  publisher: string;
  /** When it happened, by the corrected clock of the publisher. */
  occurredAt: Instant;
  /** When ingest, or the process that wrote it, took it. */
  receivedAt: Instant;
  /** Imported history: it updates read models and starts nothing. */
  historical: boolean;
  /** Whom it is about. The first is the primary one: its key is the key of the record on touchpoints.received. */
  sources: readonly SourceRef[];
  /** Whether the sources are to be tied together. */
  link: Link;
  /** Digest of the event's content: it tells a repeat from a second event that took the same id. */
  digest: string;
  /** The request or flow that it belongs to. */
  correlationId: string | null;
  /** The messageId of the record that caused it. */
  causationId: string | null;
}>;
