import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Decimal } from '@touchpoint/kernel';
import { RFM_SEGMENTS, rfmSegment } from './rfm-segments.ts';
import { rfmCuts, rfmScore, type RfmValues, type Score } from './rfm.ts';

const money = (units: number): Decimal => (BigInt(units) * 1_000_000n) as Decimal;
const customer = (recencyDays: number, orders: number, net: number): RfmValues => ({ recencyDays, orders, net: money(net) });
const SCORES: readonly Score[] = [1, 2, 3, 4, 5];

describe('cut points', () => {
  it('are the values at which the fifths end', () => {
    const population = Array.from({ length: 10 }, (_, i) => customer(i + 1, 10 * (i + 1), 100 - 10 * i));
    expect(rfmCuts(population)).toEqual({ recencyDays: [2, 4, 6, 8], orders: [20, 40, 60, 80], net: ['20', '40', '60', '80'] });
  });
  it('of a number of customers that is no multiple of five are of the next rank', () => expect(rfmCuts([3, 1, 2, 7, 5, 4, 6].map((days) => customer(days, 1, 0))).recencyDays).toEqual([2, 3, 5, 6]));
  it('are equal where many customers are', () => expect(rfmCuts([1, 1, 1, 1, 1, 1, 1, 2, 3, 9].map((orders) => customer(0, orders, -5)))).toEqual({ recencyDays: [0, 0, 0, 0], orders: [1, 1, 1, 2], net: ['-5', '-5', '-5', '-5'] }));
  it('are not to be had of nobody', () => expect(() => rfmCuts([])).toThrow(new RangeError('nobody has no fifths')));
});

describe('a score', () => {
  const cuts = { recencyDays: [10, 20, 30, 40], orders: [1, 1, 2, 5], net: ['0', '50.5', '100', '1000'] } as const;
  it.each([
    ['the latest, most and highest', customer(0, 6, 1_001), [5, 5, 5]],
    ['at the cut points', customer(10, 5, 100), [5, 4, 3]],
    ['one behind them', customer(11, 6, 101), [4, 5, 4]],
    ['between equal cut points: a score that nobody has is passed over', customer(25, 2, 51), [3, 3, 3]],
    ['the longest ago, fewest and lowest', customer(400, 1, -20), [1, 1, 1]],
  ])('%s', (_, values, [recency, frequency, monetary]) => expect(rfmScore(cuts, values)).toEqual({ recency, frequency, monetary }));

  const population = fc.array(fc.record({ recencyDays: fc.nat(50), orders: fc.integer({ min: 1, max: 30 }), net: fc.integer({ min: -50, max: 500 }).map(money) }), { minLength: 1, maxLength: 60 });
  it('is never better of who is worse; below each score but the worst stands at least its share of the population', () => {
    fc.assert(fc.property(population, (all) => {
      const learned = rfmCuts(all);
      const scores = all.map((one) => ({ ...one, score: rfmScore(learned, one) }));
      for (const one of scores)
        for (const other of scores) {
          if (one.recencyDays <= other.recencyDays) expect(one.score.recency).toBeGreaterThanOrEqual(other.score.recency);
          if (one.orders >= other.orders) expect(one.score.frequency).toBeGreaterThanOrEqual(other.score.frequency);
          if (one.net >= other.net) expect(one.score.monetary).toBeGreaterThanOrEqual(other.score.monetary);
        }
      for (const score of SCORES) {
        expect(scores.filter((one) => one.score.frequency <= score).length).toBeGreaterThanOrEqual((all.length * score) / 5);
        expect(scores.filter((one) => one.score.recency >= 6 - score).length).toBeGreaterThanOrEqual((all.length * score) / 5);
      }
    }));
  });
});

describe('the segments', () => {
  it('share out all cells of recency and frequency, none twice', () => {
    for (const recency of SCORES)
      for (const frequency of SCORES) {
        const fitting = RFM_SEGMENTS.filter((one) => one.recency[0] <= recency && recency <= one.recency[1] && one.frequency[0] <= frequency && frequency <= one.frequency[1]);
        expect([recency, frequency, fitting.map(({ name }) => name)]).toEqual([recency, frequency, [rfmSegment({ recency, frequency, monetary: 1 })]]);
      }
  });
  it.each([[5, 5, 'champions'], [5, 1, 'new'], [3, 4, 'loyal'], [1, 5, 'cannot-lose'], [2, 3, 'at-risk'], [1, 1, 'hibernating']] as const)('name recency %d, frequency %d: %s', (recency, frequency, name) => expect(rfmSegment({ recency, frequency, monetary: 3 })).toBe(name));
});
