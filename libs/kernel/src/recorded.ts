import type { CustomerId, Sealed, SourceKey, SourceKind } from './ids.ts';
import type { Instant } from './time.ts';

/** One id that a publisher knows a customer by. The first of an event is its primary one. */
export type Source = Readonly<{ kind: SourceKind; key: SourceKey; label: Sealed | null }>;

/** What an event says of its sources: nothing, that they are one person (`identify`), or an explicit merge (`alias`). */
export type Link = 'none' | 'identify' | 'alias';

/** What ingest knows of an event and every reader gets with it; never set by a domain. */
export type Meta = Readonly<{
  messageId: string;
  publisher: string;
  occurredAt: Instant;
  receivedAt: Instant;
  /** Imported history: updates read models and measures, starts nothing. */
  historical: boolean;
  sources: readonly Source[];
  link: Link;
  /** 32 hex characters: tells a repeat from a second event that took the same id. */
  digest: string;
  correlationId: string | null;
  causationId: string | null;
}>;

/** Where a record lies on the timeline. */
export type Position = Readonly<{ partition: number; offset: number }>;

/** The key of records that concern no customer: what is published stands once on every partition of the timeline. */
export const CONTROL_KEY = 'control';

/** The fact that a customer was erased: from there on, whoever folds the timeline holds nothing personal of what came before. */
export const ERASED = 'CustomerErased';

/** An event's place on the timeline and what was recorded with it. `recordedAt` is the broker's time stamp. */
export type Recorded = Readonly<{ meta: Meta; customerId: CustomerId; position: Position; recordedAt: Instant }>;
