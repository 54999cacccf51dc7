import { describe, expect, it } from '@jest/globals';
import { percentile } from './percentile.ts';

describe('a percentile', () => {
  const values = Array.from({ length: 200 }, (_, i) => 200 - i);

  it('is the value of the nearest rank', () => {
    expect([0.5, 0.99, 1, 0].map((share) => percentile(values, share))).toEqual([100, 198, 200, 1]);
    expect(percentile([7], 0.5)).toBe(7);
  });

  it('of nothing is none', () => {
    expect(() => percentile([], 0.5)).toThrow('no values');
  });
});
