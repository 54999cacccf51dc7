import { DAY, HOUR, MINUTE, type Instant } from '@touchpoint/kernel';
import { sumOf, type Exact } from './exact.ts';

/** Events that lie so close that they are not told apart: the newest one's time, how many they are, what they sum up to. */
export type Entry = readonly [at: Instant, count: number, sum: Exact];
/**
 * What is kept of one customer's events that a measure is about. Plain JSON, bounded by MAX_ENTRIES however many they are. Joining two comes to the
 * same in whatever order; only how closely entries lie that no longer fit may depend on it.
 */
export type Series = Readonly<{
  count: number;
  sum: Exact;
  first: Instant;
  last: Instant;
  /** The newest events one by one, oldest first, where a window looks at them. */
  recent?: readonly Entry[];
  /** Index into GRIDS: how close events lie that one entry holds. Not there: each instant has its own. */
  grid?: number;
}>;

/** Entries of one series. As long as no more events lie within its span, windows are exact to the millisecond. */
export const MAX_ENTRIES = 64;
/** Beyond, entries of the same cell become one. Each is a multiple of the one before, so that it does not matter when that was done. */
const GRIDS: readonly number[] = [1, MINUTE, HOUR, 4 * HOUR, DAY, 4 * DAY, 16 * DAY, 64 * DAY, 256 * DAY, 1_024 * DAY, 4_096 * DAY];

/** One more event. @param span how far back from the newest one entries are kept; null: none are */
export const counted = (series: Series | undefined, at: Instant, sum: Exact, span: number | null): Series => joined(series, { count: 1, sum, first: at, last: at, ...(span !== null && { recent: [[at, 1, sum]] }) }, span);

/** Two series of the same events' parts as one. */
export const joined = (a: Series | undefined, b: Series, span: number | null): Series => {
  if (!a) return b;
  const whole = { count: a.count + b.count, sum: sumOf(a.sum, b.sum), first: Math.min(a.first, b.first), last: Math.max(a.last, b.last) };
  return span === null ? whole : { ...whole, ...bounded(merged(a.recent ?? [], b.recent ?? []), Math.max(a.grid ?? 0, b.grid ?? 0), whole.last - span) };
};

/** With no more than so many of the newest entries. */
export const newest = (series: Series, most: number): Series => (series.recent && series.recent.length > most ? { ...series, recent: series.recent.slice(-most) } : series);

/** Entries of both, in order. Mostly the second is one newer event. */
const merged = (a: readonly Entry[], b: readonly Entry[]): readonly Entry[] => {
  if (a.length === 0 || b.length === 0 || a.at(-1)![0] < b[0]![0]) return [...a, ...b];
  return [...a, ...b].sort(([x], [y]) => x - y);
};

/** Entries from an instant on, as finely as they fit. The grid never becomes finer again: what was put together stays so. */
const bounded = (entries: readonly Entry[], coarsest: number, from: Instant): Pick<Series, 'recent' | 'grid'> => {
  let recent = entries.length > 0 && entries[0]![0] < from ? entries.filter(([at]) => at >= from) : entries;
  let grid = coarsest;
  recent = onGrid(recent, GRIDS[grid]!);
  while (recent.length > MAX_ENTRIES && grid < GRIDS.length - 1) recent = onGrid(recent, GRIDS[(grid += 1)]!);
  return grid === 0 ? { recent } : { recent, grid };
};

const onGrid = (entries: readonly Entry[], cell: number): readonly Entry[] => {
  const put: Entry[] = [];
  for (const entry of entries) {
    const last = put.at(-1);
    if (last && Math.floor(last[0] / cell) === Math.floor(entry[0] / cell)) put[put.length - 1] = [entry[0], last[1] + entry[1], sumOf(last[2], entry[2])];
    else put.push(entry);
  }
  return put;
};
