import type { Instant } from '@touchpoint/kernel';
import type { Clock } from '../clock.ts';

/** A clock that goes when it is told to. */
export type ManualClock = Clock & Readonly<{ advance(ms: number): void; set(at: Instant): void }>;

export const manualClock = (start: Instant = Date.UTC(2024, 0, 15, 12)): ManualClock => {
  let at = start;
  return { now: () => at, advance: (ms) => { at += ms; }, set: (instant) => { at = instant; } };
};
