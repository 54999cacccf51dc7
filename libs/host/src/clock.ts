import type { Instant } from '@touchpoint/kernel';

/** The only way an app reads the time. */
export type Clock = Readonly<{ now(): Instant }>;
export const systemClock: Clock = { now: () => Date.now() };
