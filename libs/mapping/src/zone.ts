import type { Instant } from '@touchpoint/kernel';

/** A time zone: an offset that is always the same, or an IANA zone with its summer times. */
export type Zone = Readonly<{ minutes: number }> | Readonly<{ clock: Intl.DateTimeFormat; known: Map<number, number> }>;

const HOUR = 3_600_000;
const REMEMBERED = 20_000;

/** @returns undefined where there is no such zone */
export const namedZone = (name: string): Zone | undefined => {
  try {
    const clock = new Intl.DateTimeFormat('en-US', { timeZone: name, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' });
    return { clock, known: new Map() };
  } catch {
    return undefined;
  }
};

/** What clocks of the zone show at an instant, as if it were UTC. */
const shown = (clock: Intl.DateTimeFormat, at: Instant): number => {
  const parts: Record<string, number> = {};
  for (const { type, value } of clock.formatToParts(at)) parts[type] = Number(value);
  return Date.UTC(parts['year']!, parts['month']! - 1, parts['day'], parts['hour'], parts['minute'], parts['second']);
};

/** How far the clock is ahead of UTC at a wall time. Of an hour that comes twice the first counts, in one that is left out the offset before it. */
const offsetAt = (clock: Intl.DateTimeFormat, wall: number): number => {
  const before = shown(clock, wall - 24 * HOUR) - (wall - 24 * HOUR);
  if (shown(clock, wall - before) === wall) return before;
  const after = shown(clock, wall + 24 * HOUR) - (wall + 24 * HOUR);
  return shown(clock, wall - after) === wall ? after : before;
};

/** The instant at which clocks of the zone show `wall`. Asking costs microseconds, so what an hour's quarter answered is kept. */
export const instantIn = (zone: Zone, wall: number): Instant => {
  if ('minutes' in zone) return wall - zone.minutes * 60_000;
  const quarter = Math.floor(wall / (HOUR / 4));
  let offset = zone.known.get(quarter);
  if (offset === undefined) {
    offset = offsetAt(zone.clock, quarter * (HOUR / 4));
    if (zone.known.size >= REMEMBERED) zone.known.clear();
    zone.known.set(quarter, offset);
  }
  return wall - offset;
};
