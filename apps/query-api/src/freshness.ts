import type { Instant } from '@touchpoint/kernel';
import { toIso } from '@touchpoint/kernel';

/** What was seen of the log at an instant, and of how far it had been processed just before. */
export type Look = Readonly<{
  at: Instant;
  /** When the oldest record came onto `touchpoints.received` that is not on the timeline yet. Of all partitions: any of them may hold a new source of a customer. null: none waits. */
  received: Instant | null;
  /** The same for each partition of the timeline and the read models. A partition that is not in it has nothing that waits. */
  timeline: ReadonlyMap<number, Instant>;
}>;

/** How much of what happened is in an answer. `null`: not known, the log could not be asked. */
export type Freshness = Readonly<{ seconds: number | null; asOf: string | null; identityResolver: number | null; profileProjector: number | null; parked: number }>;

/** A look this young counts as now. */
export const LOOK_MS = 1_000;

const seconds = (ms: number): number => Math.max(0, Math.round(ms)) / 1000;

/**
 * The lag of an answer that rests on these partitions of the timeline and was read after the look: the age of the oldest record that one of the two workers
 * before it has not processed; 0 where there is none. From an old look follows only what was processed by then.
 */
export const freshnessOf = (look: Look | undefined, partitions: Iterable<number>, parked: number, now: Instant): Freshness => {
  if (!look) return { seconds: null, asOf: null, identityResolver: null, profileProjector: null, parked };
  const none = now - look.at <= LOOK_MS ? 0 : seconds(now - look.at);
  const lag = (waiting: readonly Instant[]): number => waiting.reduce((most, at) => Math.max(most, seconds(now - at)), none);
  const identityResolver = lag(look.received === null ? [] : [look.received]);
  const profileProjector = lag([...partitions].flatMap((partition) => look.timeline.get(partition) ?? []));
  const most = Math.max(identityResolver, profileProjector);
  return { seconds: most, asOf: toIso(most === 0 ? look.at : Math.round(now - most * 1000)), identityResolver, profileProjector, parked };
};
