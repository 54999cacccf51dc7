import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { trendOf, verdictOf, worst, type Sample } from './trend.ts';

const every5s = (...values: readonly (readonly [records: number, seconds: number])[]): readonly Sample[] => values.map(([records, seconds], i) => ({ at: i * 5_000, records, seconds }));

describe('a lag', () => {
  it.each([
    ['that a stopped worker has over one record', [[1, 2], [1, 7], [1, 12]], 'growing', 'growing'],
    ['of ever more records', [[100, 10], [150, 10], [210, 10]], 'growing', 'growing'],
    ['that grows by little of much', [[100_000, 300], [102_000, 303], [104_500, 309]], 'growing', 'growing'],
    ['that is worked off', [[900, 60], [500, 50], [100, 40]], 'falling', 'catching up'],
    ['worked off in records while its oldest one stands', [[900, 60], [500, 60], [100, 60]], 'falling', 'catching up'],
    ['that stands where it stood', [[500, 60], [500, 60], [500, 60]], 'steady', 'behind'],
    ['of records on their way', [[3, 0.1], [80, 0.4], [200, 0.3]], 'steady', 'ok'],
    ['that is gone', [[900, 60], [500, 50], [0, 0]], 'falling', 'ok'],
    ['that never was', [[0, 0], [0, 0], [0, 0]], 'steady', 'ok'],
    ['with one odd sample', [[10, 3], [10, 3], [900, 3], [10, 3], [10, 3]], 'steady', 'ok'],
    ['seen once', [[10, 30]], 'unknown', 'unknown'],
    ['never seen', [], 'unknown', 'unknown'],
  ] as const)('%s', (_, samples, trend, verdict) => {
    const all = every5s(...samples);
    expect(trendOf(all)).toBe(trend);
    expect(verdictOf(all.at(-1) ?? { seconds: 60 }, trend)).toBe(verdict);
  });
  it('that grows all the while is never called ok', () => fc.assert(fc.property(
    fc.integer({ min: 0, max: 10_000 }), fc.integer({ min: 1, max: 1_000 }), fc.double({ min: 0.5, max: 2, noNaN: true }), fc.integer({ min: 2, max: 12 }), (from, by, perSecond, count) => {
      const samples = Array.from({ length: count + 1 }, (_unused, i) => ({ at: i * 5_000, records: from + 1 + by * i, seconds: 1 + (i + 1) * 5 * perSecond }));
      expect(verdictOf(samples.at(-1)!, trendOf(samples))).toBe('growing');
    })));
  it('of several is as bad as the worst of them', () => {
    expect(worst([])).toBe('ok');
    expect(worst(['ok', 'growing', 'behind'])).toBe('growing');
    expect(worst(['catching up', 'ok'])).toBe('catching up');
  });
});
