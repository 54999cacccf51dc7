import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY } from '@touchpoint/kernel';
import { nextFlip, nextRfmChange } from './next-flip.ts';
import { predicted, type Prediction } from './predicted.ts';
import { cdnow, NOW, ordered } from './prediction.fixture.ts';

describe('a prediction', () => {
  it('of a customer with orders says how recent, often and much, the churn, and the next order', () => {
    expect(predicted(cdnow, ordered(3, 252, 103, 61), NOW)).toEqual({
      recency: 103, frequency: 3, monetary: 61_000_000n, rfm: { recency: 3, frequency: 4, monetary: 4 }, segment: 'loyal',
      // lifetimes 0.11.3 says the same of 2 repeats at 149 of 252 days.
      churn: 0.389796, alive: 0.610204, expectedOrders90d: 0.405058,
      // (30.8947 + 149) ÷ (0.242593 + 2) days after the last order, rounded up.
      expectedNextOrderAt: NOW - 103 * DAY + 81 * DAY,
    });
  });
  it('of a customer with one order knows no churn', () => expect(predicted(cdnow, ordered(1, 40, 40), NOW)).toMatchObject({ churn: null, alive: null, segment: 'promising', expectedNextOrderAt: NOW - 40 * DAY + 128 * DAY }));
  it('names no next order that lies more than two years behind the last', () => expect(predicted(cdnow, ordered(2, 900, 0), NOW)).toMatchObject({ expectedNextOrderAt: null }));
  it('changes at whole days after the last order only', () => {
    const history = { ...ordered(4, 100, 30), lastAt: NOW - 30.25 * DAY };
    const before = predicted(cdnow, history, NOW);
    expect(predicted(cdnow, history, NOW + 0.75 * DAY - 1)).toEqual(before);
    expect(predicted(cdnow, history, NOW + 0.75 * DAY)).not.toEqual(before);
  });
});

const customers = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(700), fc.nat(700)).map(([orders, span, ago]) => ordered(orders, orders > 1 ? span + ago : ago, ago));
const threshold = fc.double({ min: 0.001, max: 0.999, noNaN: true });
const QUESTIONS: readonly (readonly [string, (value: number) => (prediction: Prediction) => boolean])[] = [
  ['churn is at least', (value) => ({ churn }) => churn !== null && churn >= value],
  ['churn is more than', (value) => ({ churn }) => churn !== null && churn > value],
  ['so likely a customer', (value) => ({ alive }) => alive !== null && alive >= value],
  ['fewer orders expected than', (value) => ({ expectedOrders90d }) => expectedOrders90d < value],
  ['no order for days', (value) => ({ recency }) => recency >= Math.ceil(value * 1_000)],
  ['recency scored at least', (value) => ({ rfm }) => rfm.recency >= 1 + 4 * value],
];

describe('while nothing is ordered', () => {
  it.each(QUESTIONS)('the answer to "%s" changes at the instant that is named, not before, and not again', (_, question) => {
    fc.assert(fc.property(customers, threshold, (history, value) => {
      const holds = question(value);
      const answer = (at: number) => holds(predicted(cdnow, history, at));
      const flip = nextFlip(cdnow, history, NOW, holds);
      const now = answer(NOW);
      if (flip === null) {
        for (const days of [1, 30, 400, 2_000]) expect(answer(NOW + days * DAY)).toBe(now);
        return;
      }
      expect(flip).toBeGreaterThan(NOW);
      for (let at = flip - 1; at > Math.max(NOW, flip - 20 * DAY); at -= DAY) expect(answer(at)).toBe(now);
      for (const days of [0, 1, 2, 30, 1_000]) expect(answer(flip + days * DAY)).toBe(!now);
      expect(nextFlip(cdnow, history, flip, holds)).toBeNull();
    }));
  });
  it('neither scores nor segment change before the instant that is named', () => {
    fc.assert(fc.property(customers, (history) => {
      const scored = (at: number) => predicted(cdnow, history, at).rfm;
      const change = nextRfmChange(cdnow, history, NOW);
      if (change === null) return expect(scored(NOW + 4_000 * DAY)).toEqual(scored(NOW));
      expect(change).toBeGreaterThan(NOW);
      expect(scored(change - 1)).toEqual(scored(NOW));
      expect(scored(change).recency).toBeLessThan(scored(NOW).recency);
    }));
  });
  it.each([[0, 31], [30, 31], [31, 61], [60, 61], [240, 241], [241, null]])('%d days after the last order the score of recency falls next on day %p', (days, next) =>
    expect(nextRfmChange(cdnow, ordered(2, days + 9, days), NOW)).toBe(next === null ? null : NOW + (next - days) * DAY));
  it('nothing changes any more ten years after the last order', () => expect(nextFlip(cdnow, ordered(2, 4_000, 3_700), NOW, ({ recency }) => recency > 3_800)).toBeNull());
});
