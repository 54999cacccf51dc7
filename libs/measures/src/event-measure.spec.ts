import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EventMeasure, Value } from '@touchpoint/conditions';
import { DAY, HOUR, parseDecimal, type Decimal } from '@touchpoint/kernel';
import { compileMeasure, measureAt, measureChanges, trackersOf } from './event-measure.ts';
import { joinedSeries, tracked, trackerOf, type SeriesByKey, type Tracker } from './tracker.ts';

type Happened = Readonly<{ event: string; at: number; place?: string; total?: Decimal }>;
const NOW = 1_000 * DAY;
const decimal = (text: string) => parseDecimal(text)!;
const fold = (measure: EventMeasure, happened: readonly Happened[]): SeriesByKey => {
  const trackers = [...new Map(trackersOf(compileMeasure(measure)).map((tracker) => [tracker.key, tracker])).values()];
  return happened.reduce<SeriesByKey>((series, { event, at, ...data }) => tracked(series, trackers.filter((tracker) => tracker.event === event), data, at), {});
};
const valueAt = (measure: EventMeasure, happened: readonly Happened[], at = NOW): Value => {
  const series = fold(measure, happened);
  return measureAt(compileMeasure(measure), (key) => (series[key] ? [series[key]] : []), at);
};
const order = (daysAgo: number, total = '10', place = 'web'): Happened => ({ event: 'OrderCompleted', at: NOW - daysAgo * DAY, total: decimal(total), place });
const cancelled = (daysAgo: number, total: string): Happened => ({ event: 'OrderCancelled', at: NOW - daysAgo * DAY, total: decimal(total) });
const viewed = (hoursAgo: number): Happened => ({ event: 'ProductViewed', at: NOW - hoursAgo * HOUR });
const ordered = (hoursAgo: number): Happened => ({ event: 'OrderCompleted', at: NOW - hoursAgo * HOUR });

describe('an event measure', () => {
  const some = [order(200, '100'), order(40, '19.90', 'app'), order(3, '5.05'), cancelled(2, '5.05')];
  it.each<[string, EventMeasure, Value]>([
    ['counts', { event: 'OrderCompleted' }, 3],
    ['counts those that meet a condition', { event: 'OrderCompleted', where: { event: 'place', equals: 'app' } }, 1],
    ['counts in a window that slides', { event: 'OrderCompleted', within: 'P40D' }, 2],
    ['and ends a millisecond behind it', { event: 'OrderCompleted', within: 'P39D' }, 1],
    ['counts between instants', { event: 'OrderCompleted', from: new Date(NOW - 40 * DAY).toISOString(), until: new Date(NOW - 3 * DAY).toISOString() }, 1],
    ['sums exactly, less what is taken off', { event: 'OrderCompleted', sum: 'total', less: [{ event: 'OrderCancelled', sum: 'total' }], within: 'P90D' }, decimal('19.9')],
    ['sums nothing to nothing', { event: 'OrderRefunded', sum: 'total' }, decimal('0')],
    ['knows the first', { event: 'OrderCompleted', take: 'first' }, NOW - 200 * DAY],
    ['knows the last', { event: 'OrderCompleted', take: 'last' }, NOW - 3 * DAY],
    ['knows the first in a window', { event: 'OrderCompleted', take: 'first', within: 'P90D' }, NOW - 40 * DAY],
    ['knows no time of what was not', { event: 'OrderRefunded', take: 'last' }, undefined],
    ['leaves out what has no number to sum', { event: 'OrderCompleted', sum: 'properties.points' }, decimal('0')],
  ])('%s', (_, measure, expected) => expect(valueAt(measure, some)).toBe(expected));
});

describe('one event behind another', () => {
  const bought: EventMeasure = { event: 'ProductViewed', then: { event: 'OrderCompleted', within: 'PT2H' }, within: 'P1D' };
  const left: EventMeasure = { event: 'ProductViewed', then: { event: 'OrderCompleted', within: 'PT2H', happens: false }, within: 'P1D' };
  it('counts what was followed in time', () => expect(valueAt(bought, [viewed(5), ordered(4), viewed(3), ordered(0.5)])).toBe(1));
  it('counts what was not, from when the time is over', () => {
    expect(valueAt(left, [viewed(1)])).toBe(0);
    expect(valueAt(left, [viewed(2)])).toBe(1);
    expect(valueAt(left, [viewed(3), ordered(0.5)])).toBe(1);
    expect(valueAt(left, [viewed(3), ordered(2)])).toBe(0);
    expect(valueAt(left, [viewed(25)])).toBe(1);
    expect(valueAt(left, [viewed(26.5)])).toBe(0);
  });
  it('is not its own follower', () => expect(valueAt({ event: 'ProductViewed', then: { event: 'ProductViewed', within: 'PT2H' }, within: 'P1D' }, [viewed(3)])).toBe(0));
  it('an event that comes late still counts', () => expect(valueAt(bought, [ordered(4), viewed(5)])).toBe(1));
});

const measures = fc.constantFrom<EventMeasure>(
  { event: 'OrderCompleted', within: 'P30D' }, { event: 'OrderCompleted', take: 'last', within: 'P30D' }, { event: 'OrderCompleted', sum: 'total', less: [{ event: 'OrderCancelled', sum: 'total' }], within: 'P10D' },
  { event: 'ProductViewed', then: { event: 'OrderCompleted', within: 'P2D' }, within: 'P20D' }, { event: 'ProductViewed', then: { event: 'OrderCompleted', within: 'P2D', happens: false }, within: 'P20D' }, { event: 'OrderCompleted' },
);
const stream = fc.array(fc.record({ event: fc.constantFrom('OrderCompleted', 'OrderCancelled', 'ProductViewed'), at: fc.nat(60 * 24).map((hours) => NOW - hours * HOUR), total: fc.nat(1_000_000).map((n) => BigInt(n) as Decimal) }), { maxLength: 40 });

describe('what a measure comes to as time passes', () => {
  it('changes when it says so, and at no time before', () =>
    fc.assert(fc.property(measures, stream, fc.nat(90 * 24), fc.double({ min: 0, max: 1, noNaN: true }), (measure, happened, hours, share) => {
      const series = fold(measure, happened);
      const compiled = compileMeasure(measure);
      const seriesOf = (key: string) => (series[key] ? [series[key]] : []);
      const at = NOW - 10 * DAY + hours * HOUR;
      const now = measureAt(compiled, seriesOf, at);
      const next = measureChanges(compiled, seriesOf, at);
      const until = next ?? at + 400 * DAY;
      for (const between of [at + Math.floor((until - 1 - at) * share), until - 1]) expect(measureAt(compiled, seriesOf, between)).toEqual(now);
    })));
  it('is the same for a customer whose timelines were joined, or are looked at side by side', () =>
    fc.assert(fc.property(measures, stream, stream, (measure, a, b) => {
      const compiled = compileMeasure(measure);
      const [x, y] = [fold(measure, a), fold(measure, b)];
      const joint = joinedSeries(x, y);
      const both = measureAt(compiled, (key) => [x, y].flatMap((one) => one[key] ?? []), NOW);
      expect(measureAt(compiled, (key) => (joint[key] ? [joint[key]] : []), NOW)).toEqual(both);
      expect(valueAt(measure, [...a, ...b])).toEqual(both);
    })));
});

describe('what is kept for measures', () => {
  const key = (measure: EventMeasure): readonly string[] => trackersOf(compileMeasure(measure)).map((tracker: Tracker) => tracker.key);
  it('is shared by those that need the same, however it is written', () => {
    expect(key({ event: 'OrderCompleted', where: { event: 'place', oneOf: ['app', 'web'] }, within: 'P25D' })).toEqual(key({ within: 'P30D', where: { oneOf: ['app', 'web'], event: 'place' }, event: 'OrderCompleted', take: 'last' }));
    expect(key({ event: 'OrderCompleted' })).not.toEqual(key({ event: 'OrderCompleted', within: 'P30D' }));
    expect(key({ event: 'OrderCompleted', sum: 'total' })).not.toEqual(key({ event: 'OrderCompleted' }));
  });
  it('is kept for as long as a window and what may follow need', () => expect(trackerOf({ event: 'OrderCompleted' }, { window: 3_660 * DAY }).span).toBe(3_660 * DAY));
});
