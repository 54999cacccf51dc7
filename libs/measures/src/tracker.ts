import { asValue, holds, propertyOf, type Condition, type EventTerm, type Sight } from '@touchpoint/conditions';
import { DAY, derivedId, HOUR, parseDecimal, type Decimal, type Instant } from '@touchpoint/kernel';
import { exactOf, type Exact } from './exact.ts';
import { counted, joined, type Series } from './series.ts';

/** What is kept of each customer for some measures: events of one type that meet a condition. Two measures that need the same share it. */
export type Tracker = Readonly<{
  /** Digest of all that follows: equal definitions have equal keys, whoever published them. */
  key: string;
  event: string;
  where: Condition | null;
  sum: string | null;
  from: Instant | null;
  until: Instant | null;
  /** How far back single events are kept; null: only what they come to in all. */
  span: number | null;
}>;

/** Windows are kept in these lengths, so that one more of another length disturbs none that is there. */
const SPANS: readonly number[] = [HOUR, DAY, 7 * DAY, 30 * DAY, 90 * DAY, 180 * DAY, 366 * DAY, 732 * DAY, 1_830 * DAY, 3_660 * DAY, 7_320 * DAY];

/** @param window how far back a measure looks, in milliseconds; null: at all */
export const trackerOf = ({ event, where = null, sum = null }: Omit<EventTerm, 'where' | 'sum'> & { where?: Condition | null | undefined; sum?: string | null | undefined }, { from = null, until = null, window }: { from?: Instant | null; until?: Instant | null; window: number | null }): Tracker => {
  const span = window === null ? null : SPANS.find((length) => length >= window)!;
  const definition = { event, where, sum, from, until, span };
  return { key: derivedId('tracker', canonical(definition)).replaceAll('-', '').slice(0, 12), ...definition };
};

/** JSON in which the order of names does not matter. */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  return `{${Object.entries(value).filter(([, one]) => one !== undefined).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => `${JSON.stringify(name)}:${canonical(one)}`).join()}}`;
};

/** The series of a timeline, by the keys of trackers. */
export type SeriesByKey = Readonly<Record<string, Series>>;

/** Counts an event in every tracker that it is for. @param trackers those of its type. Returns the same object where none is. */
export const tracked = (series: SeriesByKey, trackers: readonly Tracker[], data: unknown, at: Instant): SeriesByKey => {
  let next: Record<string, Series> | undefined;
  for (const { key, where, sum, from, until, span } of trackers) {
    if ((from !== null && at < from) || (until !== null && at >= until)) continue;
    if (where && !holds(where, sightOfEvent(data))) continue;
    const value = sum === null ? 0 : amount(propertyOf(data, sum));
    if (value === undefined) continue;
    next ??= { ...series };
    next[key] = counted(next[key], at, value, span);
  }
  return next ?? series;
};

/** What a value adds; undefined: it is no number, and the event is not counted. */
const amount = (value: unknown): Exact | undefined => {
  if (typeof value === 'bigint') return exactOf(value as Decimal);
  const decimal = typeof value === 'number' || typeof value === 'string' ? parseDecimal(value) : undefined;
  return decimal === undefined ? undefined : exactOf(decimal);
};

const nothing = () => undefined;
const no = () => false;
const sightOfEvent = (data: unknown): Sight => ({ at: 0, zone: 'UTC', event: (path) => asValue(propertyOf(data, path)), measure: nothing, trait: nothing, did: nothing, member: no, consent: () => 'unknown', reachable: no });

/** Two timelines' series as one's. Those of trackers that are not known any more are left out. */
export const joinedSeries = (a: SeriesByKey, b: SeriesByKey): SeriesByKey => {
  const all: Record<string, Series> = { ...a };
  for (const [key, series] of Object.entries(b)) all[key] = joined(all[key], series, spanOf(all[key], series));
  return all;
};

/** A series says by itself whether entries are kept; how far back, whoever counts next sees to. */
const spanOf = (a: Series | undefined, b: Series): number | null => (a?.recent || b.recent ? Infinity : null);
