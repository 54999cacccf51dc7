import type { EventMeasure, Value } from '@touchpoint/conditions';
import { parseDuration, type Decimal, type Instant } from '@touchpoint/kernel';
import { decimalOf } from './exact.ts';
import type { Entry, Series } from './series.ts';
import { trackerOf, type Tracker } from './tracker.ts';

/** An event measure, ready to be looked at. */
export type CompiledMeasure = Readonly<{
  /** What is counted or summed, with its sign. */
  terms: readonly Readonly<{ tracker: Tracker; sign: 1 | -1 }>[];
  /** Milliseconds that are looked back; null: at all. */
  window: number | null;
  then: Readonly<{ tracker: Tracker; within: number; happens: boolean }> | null;
  comesTo: 'count' | 'sum' | 'first' | 'last';
}>;

/** @param measure one that was checked @param keyOf from the digest of what a tracker is to the key that its series have */
export const compileMeasure = ({ event, where, sum, take, less = [], within, from, until, then }: EventMeasure, keyOf: (digest: string) => string = (digest) => digest): CompiledMeasure => {
  const keyed = (tracker: Tracker): Tracker => ({ ...tracker, key: keyOf(tracker.key) });
  const window = within === undefined ? null : parseDuration(within)!;
  const followed = then ? parseDuration(then.within)! : 0;
  const range = { from: from === undefined ? null : Date.parse(from), until: until === undefined ? null : Date.parse(until), window: window === null ? null : window + followed };
  return {
    terms: [{ tracker: keyed(trackerOf({ event, where, sum }, range)), sign: 1 }, ...less.map((term) => ({ tracker: keyed(trackerOf(term, range)), sign: -1 as const }))],
    window,
    then: then ? { tracker: keyed(trackerOf({ event: then.event, where: then.where }, range)), within: followed, happens: then.happens !== false } : null,
    comesTo: take ?? (sum === undefined ? 'count' : 'sum'),
  };
};

export const trackersOf = ({ terms, then }: CompiledMeasure): readonly Tracker[] => [...terms.map(({ tracker }) => tracker), ...(then ? [then.tracker] : [])];

/** The series of a tracker: one of each timeline that the customer consists of. */
export type SeriesOf = (key: string) => readonly Series[];

/** What a measure comes to at an instant. Counts are numbers, sums exact decimals, times epoch milliseconds. */
export const measureAt = (measure: CompiledMeasure, seriesOf: SeriesOf, at: Instant): Value => {
  const { terms, window, comesTo } = measure;
  if (window === null) return inAll(measure, seriesOf);
  const since = at - window;
  if (measure.then) return ofTimes(comesTo, occurrences(measure, seriesOf, at).filter((time) => time >= since && time <= at));
  const times: Instant[] = [];
  let [count, sum] = [0, 0n];
  for (const { tracker, sign } of terms)
    for (const [time, many, amount] of entriesOf(seriesOf(tracker.key))) {
      if (time < since || time > at) continue;
      count += sign * many;
      if (comesTo === 'sum') sum += BigInt(sign) * decimalOf(amount);
      else if (comesTo !== 'count') times.push(time);
    }
  return comesTo === 'sum' ? (sum as Decimal) : comesTo === 'count' ? count : ofTimes(comesTo, times);
};

const inAll = ({ terms, comesTo }: CompiledMeasure, seriesOf: SeriesOf): Value => {
  if (comesTo === 'first' || comesTo === 'last') return ofTimes(comesTo, seriesOf(terms[0]!.tracker.key).map((series) => series[comesTo]));
  let [count, sum] = [0, 0n];
  for (const { tracker, sign } of terms)
    for (const series of seriesOf(tracker.key)) {
      count += sign * series.count;
      if (comesTo === 'sum') sum += BigInt(sign) * decimalOf(series.sum);
    }
  return comesTo === 'sum' ? (sum as Decimal) : count;
};

const ofTimes = (comesTo: CompiledMeasure['comesTo'], times: readonly Instant[]): Value => {
  if (comesTo === 'count') return times.length;
  return times.length === 0 ? undefined : times.reduce((a, b) => (comesTo === 'first' ? Math.min(a, b) : Math.max(a, b)));
};

const entriesOf = (all: readonly Series[]): readonly Entry[] => (all.length === 1 ? (all[0]!.recent ?? []) : all.flatMap(({ recent = [] }) => recent));

/** When each of the events counts that another one followed, or none did. What may still be followed is not among them. */
const occurrences = ({ terms, then }: CompiledMeasure, seriesOf: SeriesOf, at: Instant): readonly Instant[] => {
  const { tracker, within, happens } = then!;
  const followers = entriesOf(seriesOf(tracker.key)).map(([time]) => time).filter((time) => time <= at).sort((a, b) => a - b);
  // An event does not follow itself.
  const least = tracker.event === terms[0]!.tracker.event ? 1 : 0;
  const times: Instant[] = [];
  for (const [time, many] of entriesOf(seriesOf(terms[0]!.tracker.key))) {
    if (time > at) continue;
    const follower = followers.find((one) => one >= time + least && one <= time + within);
    const counts = happens ? follower : follower === undefined ? time + within : undefined;
    if (counts !== undefined) for (let i = 0; i < many; i++) times.push(counts);
  }
  return times;
};

/** The next instant after `at` at which a measure comes to something else, if nothing happens but that time passes; undefined: never. */
export const measureChanges = (measure: CompiledMeasure, seriesOf: SeriesOf, at: Instant): Instant | undefined => {
  const { terms, window, then } = measure;
  if (window === null) return undefined;
  const times = then ? occurrences(measure, seriesOf, Infinity) : terms.flatMap(({ tracker }) => entriesOf(seriesOf(tracker.key)).map(([time]) => time));
  let next: Instant | undefined;
  for (const time of times)
    for (const change of [time, time + window + 1]) if (change > at && (next === undefined || change < next)) next = change;
  return next;
};
