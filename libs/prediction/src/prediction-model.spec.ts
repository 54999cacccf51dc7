import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY } from '@touchpoint/kernel';
import { repeatsOf } from './history.ts';
import { predicted } from './predicted.ts';
import { checkPredictionModel, parsePredictionModel } from './prediction-model-check.ts';
import { learnPredictionModel, LEAST_REPEAT_CUSTOMERS, type PredictionModel } from './prediction-model.ts';
import { cdnow, NOW, ordered, shop } from './prediction.fixture.ts';
import { goldenOf } from './reference.fixture.ts';

const golden = goldenOf(readFileSync(new URL('./bg-nbd-reference.fixture.json', import.meta.url), 'utf8'));
const customers = shop(golden);
const learned = (): PredictionModel => {
  const said = learnPredictionModel(customers, NOW);
  if ('rejected' in said) throw new Error(said.rejected);
  return said.model;
};

describe('the model of Online Retail', () => {
  const model = learned();
  it('is the reference\'s, with cut points, and says of whom and when it was learned', () => {
    const { r, alpha, a, b } = golden.onlineRetail.parameters;
    expect(model).toEqual({
      version: 1, learnedAt: NOW, customers: 3_370, repeatCustomers: 2_008,
      bgNbd: { r: expect.closeTo(r, 5), alpha: expect.closeTo(alpha, 3), a: expect.closeTo(a, 5), b: expect.closeTo(b, 4) },
      // As numpy's quantile(method='inverted_cdf') has them.
      rfm: { recencyDays: [19, 51, 97, 170], orders: [1, 1, 2, 5], net: ['23', '26', '46', '100'] },
    });
  });
  it('is plain JSON that passes its own check', () => {
    expect(JSON.parse(JSON.stringify(model))).toEqual(model);
    expect(parsePredictionModel(JSON.parse(JSON.stringify(model)))).toEqual(model);
  });
  it('is the same to the last bit in whatever order the customers come, and does not know who came later', () =>
    expect(learnPredictionModel([ordered(3, -1, -9), ...[...customers].reverse()], NOW)).toEqual({ model }));
  it('expects of the 90 days held out what the reference does, and ranks customers by it as they then order', () => {
    const { rows } = golden.onlineRetail;
    const groups = [[0, 0], [1, 2], [3, 9], [10, 999]].map(([low, high]) => rows.filter(([x]) => x >= low! && x <= high!)).map((some) => {
      const size = some.reduce((sum, [, , , n]) => sum + n, 0);
      const expected = some.reduce((sum, [x, lastAge, age, n]) => sum + n * predicted(model, ordered(x + 1, age, age - lastAge), NOW).expectedOrders90d, 0);
      return { each: expected / size, happened: some.reduce((sum, [, , , , later]) => sum + later, 0) / size };
    });
    // It was the quarter before Christmas: more is ordered than the months before let expect, by about the same share in each group.
    for (const { each, happened } of groups) expect(happened / each).toBeGreaterThan(1.1);
    for (const { each, happened } of groups) expect(happened / each).toBeLessThan(1.7);
    expect(groups.map(({ each }) => each)).toEqual([...groups.map(({ each }) => each)].sort((a, b) => a - b));
  });
});

describe('too few customers with a second order', () => {
  it('teach nothing', () => {
    const some = [...Array.from({ length: LEAST_REPEAT_CUSTOMERS - 1 }, (_, i) => ordered(2, i + 30, i)), ...Array.from({ length: 500 }, (_, i) => ordered(1, i, i))];
    expect(learnPredictionModel(some, NOW)).toEqual({ rejected: 'PREDICTION.TOO_FEW_REPEAT_CUSTOMERS' });
  });
});

describe('any customers', () => {
  it('teach a model that passes its check, or nothing', () => {
    const history = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(400), fc.nat(400), fc.integer({ min: -100, max: 1_000 })).map(([orders, span, ago, net]) => ordered(orders, orders > 1 ? span + ago : ago, ago, net));
    fc.assert(fc.property(fc.array(history, { minLength: 150, maxLength: 200, size: 'max' }), (some) => {
      const said = learnPredictionModel(some, NOW);
      expect('model' in said ? checkPredictionModel(JSON.parse(JSON.stringify(said.model))) : []).toEqual([]);
    }), { numRuns: 5 });
  });
});

describe('a history', () => {
  it('is counted in whole days from the first order to the last, and from the last on', () => {
    const history = { ...ordered(3, 10, 4), firstAt: NOW - 10.9 * DAY, lastAt: NOW - 4.2 * DAY };
    expect(repeatsOf(history, NOW)).toEqual({ repeats: 2, lastAge: 6, age: 10 });
    expect(repeatsOf(history, NOW + 0.7 * DAY)).toEqual({ repeats: 2, lastAge: 6, age: 10 });
    expect(repeatsOf(history, NOW + 0.8 * DAY)).toEqual({ repeats: 2, lastAge: 6, age: 11 });
  });
  it('of an order that is dated later than now ends now', () => expect(repeatsOf(ordered(2, 10, -5), NOW)).toEqual({ repeats: 1, lastAge: 15, age: 15 }));
});

describe('the check of a model', () => {
  const { rfm, bgNbd } = cdnow;
  it.each([
    ['null', null, ['']],
    ['a list', [], ['']],
    ['an empty document', {}, ['/version', '/learnedAt', '/customers', '/repeatCustomers', '/bgNbd', '/rfm']],
    ['another version', { ...cdnow, version: 2 }, ['/version']],
    ['what is unknown', { ...cdnow, __proto__x: 1 }, ['/__proto__x']],
    ['a parameter that is no number', { ...cdnow, bgNbd: { ...bgNbd, r: Number.NaN, a: '0.7' } }, ['/bgNbd/r', '/bgNbd/a']],
    ['a parameter out of bounds', { ...cdnow, bgNbd: { ...bgNbd, alpha: 0, b: 1e9 } }, ['/bgNbd/alpha', '/bgNbd/b']],
    ['cut points that fall', { ...cdnow, rfm: { ...rfm, orders: [1, 3, 2, 4], net: ['1', '10', '9', '9.5'] } }, ['/rfm/orders/2', '/rfm/net/2']],
    ['cut points that are too few, no whole number, no decimal', { ...cdnow, rfm: { recencyDays: [1, 2, 3], orders: [1, 1.5, 2, 3], net: ['1', 2, 'x', '4'] } }, ['/rfm/recencyDays', '/rfm/orders/1', '/rfm/net/1', '/rfm/net/2']],
  ])('names the places of %s', (_, document, paths) => {
    expect(checkPredictionModel(document).map(({ path }) => path)).toEqual(paths);
    expect(() => parsePredictionModel(document)).toThrow(expect.objectContaining({ kind: 'InvalidMessage', code: 'PREDICTION.MODEL_INVALID' }));
  });
  it('finds nothing in a model', () => expect(checkPredictionModel(cdnow)).toEqual([]));
});
