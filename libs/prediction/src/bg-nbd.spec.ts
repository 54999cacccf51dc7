import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { daysToNextOrder, expectedOrders, inOrder, meanLogLikelihood, probabilityAlive, type BgNbd } from './bg-nbd.ts';
import { BOUNDS, fitBgNbd, PARAMETERS } from './fit-bg-nbd.ts';
import type { Repeats } from './history.ts';
import { goldenOf, repeats, rowsIn } from './reference.fixture.ts';

const golden = goldenOf(readFileSync(new URL('./bg-nbd-reference.fixture.json', import.meta.url), 'utf8'));
const { cdnow, onlineRetail } = golden;
const CASES = Object.entries({ cdnow, onlineRetail });
const nearly = (value: number, wanted: number, relative: number) => expect(Math.abs(value / wanted - 1)).toBeLessThanOrEqual(relative);

describe.each(CASES)('the model of %s, beside the reference', (_, reference) => {
  const { parameters, said, days } = reference;
  const rows = rowsIn(reference);
  const fitted = fitBgNbd(rows)!;
  it('has its parameters', () => {
    for (const name of PARAMETERS) nearly(fitted[name], parameters[name], 1e-4);
  });
  it('is as likely, and at least as likely as with its parameters', () => {
    // The reference tells time in the longest age.
    const longest = Math.max(...rows.map(({ age }) => age));
    const customers = rows.reduce((sum, row) => sum + row.customers, 0);
    const orders = rows.reduce((sum, row) => sum + row.customers * row.repeats, 0);
    nearly(meanLogLikelihood(parameters, inOrder(rows)) + (orders / customers) * Math.log(longest), reference.meanLogLikelihood, 1e-10);
    expect(meanLogLikelihood(fitted, inOrder(rows))).toBeGreaterThanOrEqual(meanLogLikelihood(parameters, inOrder(rows)) - 1e-12);
  });
  it('says as often as it that a customer is one', () => {
    for (const [x, lastAge, age, alive] of said) expect(Math.abs(probabilityAlive(parameters, repeats(x, lastAge, age)) - alive)).toBeLessThanOrEqual(1e-9);
  });
  it('expects as many orders', () => {
    for (const [x, lastAge, age, , expected] of said) nearly(expectedOrders(parameters, repeats(x, lastAge, age), days), expected, 1e-9);
  });
});

describe('the model of CDNOW', () => {
  const rows = rowsIn(cdnow);
  const fitted = fitBgNbd(rows)!;
  it('is the published one', () => {
    expect([fitted.r.toFixed(3), fitted.alpha.toFixed(3), fitted.a.toFixed(3), fitted.b.toFixed(3)]).toEqual(['0.243', '4.414', '0.793', '2.426']);
    expect(rows.reduce((sum, { customers }) => sum + customers, 0)).toBe(2_357);
    expect((meanLogLikelihood(fitted, inOrder(rows)) * 2_357).toFixed(1)).toBe('-9582.4');
  });
  it('is the same to the last bit in whatever order the customers come', () => expect(fitBgNbd([...rows].reverse())).toEqual(fitted));
});

describe('customers who tell nothing', () => {
  it.each([
    ['all have the same history', [{ ...repeats(10, 300, 330), customers: 200 }]],
    ['nobody has left', Array.from({ length: 40 }, (_, i) => ({ ...repeats(i, i * 10, i * 10 + 3), customers: 5 }))],
    ['all have left after a day', Array.from({ length: 20 }, (_, i) => ({ ...repeats(1, i, 600), customers: 9 }))],
    ['all have ordered today only', [{ ...repeats(1, 0, 0), customers: 200 }]],
  ])('give parameters within bounds, or none: %s', (_, rows) => {
    const fitted = fitBgNbd(rows);
    for (const name of fitted ? PARAMETERS : []) {
      expect(fitted![name]).toBeGreaterThanOrEqual(BOUNDS[name][0]);
      expect(fitted![name]).toBeLessThanOrEqual(BOUNDS[name][1]);
    }
  });
});

describe('expected orders', () => {
  it.each(golden.hard)('with %d, %d, %d, %d of a customer with %d repeats are exact where others overflow or cancel', (r, alpha, a, b, x, lastAge, age, days, wanted) =>
    nearly(expectedOrders({ r, alpha, a, b }, repeats(x, lastAge, age), days), wanted, 1e-8));
});

const parameters: fc.Arbitrary<BgNbd> = fc.record({ r: fc.double({ min: 0.05, max: 20, noNaN: true }), alpha: fc.double({ min: 0.5, max: 500, noNaN: true }), a: fc.double({ min: 0.01, max: 20, noNaN: true }), b: fc.double({ min: 0.1, max: 50, noNaN: true }) });
const histories: fc.Arbitrary<Repeats> = fc.tuple(fc.nat(300), fc.nat(1_000), fc.nat(1_000)).map(([x, lastAge, since]) => (x === 0 ? repeats(0, 0, since) : repeats(x, lastAge, lastAge + since)));
const ROUNDING = 1e-9;
/** Each between its bounds, small ones as often as large ones. */
const bounded = fc.record(Object.fromEntries(PARAMETERS.map((name) => [name, fc.oneof(fc.constantFrom(...BOUNDS[name]), fc.double({ min: Math.log(BOUNDS[name][0]), max: Math.log(BOUNDS[name][1]), noNaN: true }).map((log) => Math.min(BOUNDS[name][1], Math.max(BOUNDS[name][0], Math.exp(log)))))])) as Record<keyof BgNbd, fc.Arbitrary<number>>);

describe('whatever the parameters and the history', () => {
  it('the probability lies between 0 and 1, and does not rise while nothing is ordered', () => {
    fc.assert(fc.property(parameters, histories, fc.nat(500), (model, history, days) => {
      const alive = probabilityAlive(model, history);
      expect(alive).toBeGreaterThanOrEqual(0);
      expect(alive).toBeLessThanOrEqual(1);
      expect(probabilityAlive(model, { ...history, age: history.age + days })).toBeLessThanOrEqual(alive + ROUNDING);
    }));
  });
  it('of two with as many orders at the same age, who ordered later is the likelier customer, and is expected to order more', () => {
    fc.assert(fc.property(parameters, histories.filter(({ repeats: x }) => x > 0), fc.nat(500), (model, history, days) => {
      const later = { ...history, lastAge: Math.min(history.age, history.lastAge + days) };
      expect(probabilityAlive(model, later)).toBeGreaterThanOrEqual(probabilityAlive(model, history) - ROUNDING);
      expect(expectedOrders(model, later, 90)).toBeGreaterThanOrEqual(expectedOrders(model, history, 90) * (1 - 1e-6) - ROUNDING);
    }));
  });
  it('who has ordered today is the likelier customer the more often it was', () => {
    fc.assert(fc.property(parameters, fc.integer({ min: 1, max: 300 }), fc.nat(1_000), (model, x, age) =>
      expect(probabilityAlive(model, repeats(x + 1, age, age))).toBeGreaterThanOrEqual(probabilityAlive(model, repeats(x, age, age)) - ROUNDING)));
  });
  it('more orders are expected within a longer time, fewer after a longer silence, never less than none', () => {
    fc.assert(fc.property(parameters, histories, fc.nat(500), (model, history, days) => {
      const expected = expectedOrders(model, history, 90);
      expect(expected).toBeGreaterThanOrEqual(-ROUNDING);
      expect(expectedOrders(model, history, 90 + days)).toBeGreaterThanOrEqual(expected * (1 - 1e-6) - ROUNDING);
      expect(expectedOrders(model, { ...history, age: history.age + days }, 90)).toBeLessThanOrEqual(expected * (1 + 1e-6) + ROUNDING);
    }));
  });
  it('predictions are numbers within all bounds of a model, however many the orders', () => {
    fc.assert(fc.property(bounded, fc.oneof(fc.constant(0), fc.nat(300), fc.nat(1_000_000)), fc.nat(4_000), fc.nat(4_000), (model, x, lastAge, since) => {
      const history = x === 0 ? repeats(0, 0, since) : repeats(x, lastAge, lastAge + since);
      const expected = expectedOrders(model, history, 90);
      expect(expected).toBeGreaterThanOrEqual(-1e-6);
      // What is expected at the pace alone, with nobody leaving.
      expect(expected).toBeLessThanOrEqual(((model.r + x) / (model.alpha + history.age)) * 90 * (1 + 1e-6) + 1e-6);
      expect(daysToNextOrder(model, history)).toBeGreaterThan(0);
    }), { numRuns: 1_000 });
  });
  it('one more order is expected by the next order of those whom nothing makes leave', () => {
    fc.assert(fc.property(parameters, histories, ({ r, alpha }, { repeats: x, lastAge }) => {
      const model = { r, alpha, a: 1e-9, b: 1 };
      const history = repeats(x, lastAge, lastAge);
      const days = daysToNextOrder(model, history);
      fc.pre(days < 5_000);
      nearly(expectedOrders(model, history, days), 1, 1e-5);
    }));
  });
});
