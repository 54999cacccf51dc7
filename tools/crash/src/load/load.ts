import type { Instant } from '@touchpoint/kernel';

/** A member of a batch, as a Segment SDK sends it. `historical` only with the import key. */
export type LoadEvent = Readonly<{ type: string; messageId: string; timestamp: string; userId?: string; anonymousId?: string }> & Readonly<Record<string, unknown>>;
export type Batch = Readonly<{ key: 'write' | 'import'; events: readonly LoadEvent[] }>;
/** Batches that go one after another. A person's events stay in one lane, so that they arrive in their order. */
export type Lane = readonly Batch[];

/**
 * `after`: what is waited for before it begins. `resolved`: whose everything was is known, so that a link does not race with what it links; `settled`: nothing
 * is left to do anywhere. `responds`: people react to the messages that they have got by then.
 */
export type Phase = Readonly<{ name: string; after: 'nothing' | 'resolved' | 'settled'; lanes: readonly Lane[]; responds: boolean }>;

/** All that is sent in a run, the same for the same seed and base: message ids, times, order within a lane, repeats. */
export type Load = Readonly<{ seed: number; base: Instant; phases: readonly Phase[] }>;

export const batchesOf = ({ phases }: Load): number => phases.reduce((sum, { lanes }) => sum + lanes.reduce((count, lane) => count + lane.length, 0), 0);

/** The events of a load, each once, whatever is sent again. */
export const distinctEvents = ({ phases }: Load): ReadonlyMap<string, LoadEvent> =>
  new Map(phases.flatMap(({ lanes }) => lanes.flatMap((lane) => lane.flatMap(({ key, events }) => events.map((event) => [`${key}/${event.messageId}`, event] as const)))));
