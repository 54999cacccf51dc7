import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { minimum } from './nelder-mead.ts';

describe('the lowest point', () => {
  it('of a bowl is its bottom, wherever that is and however long the bowl', () => {
    const coordinate = fc.double({ min: -5, max: 5, noNaN: true });
    fc.assert(fc.property(coordinate, coordinate, fc.double({ min: 0.05, max: 20, noNaN: true }), (x, y, times) => {
      const { point, converged } = minimum(([a, b]) => (a! - x) ** 2 + times * (b! - y) ** 2, [0.1, 0.1]);
      expect(converged).toBe(true);
      expect(Math.abs(point[0]! - x)).toBeLessThan(1e-5);
      expect(Math.abs(point[1]! - y)).toBeLessThan(1e-5);
    }));
  });
  it('is found at the end of a bent valley', () => {
    const { point, converged } = minimum(([a, b]) => (1 - a!) ** 2 + 100 * (b! - a! ** 2) ** 2, [-1.2, 1]);
    expect([converged, point]).toEqual([true, [expect.closeTo(1, 5), expect.closeTo(1, 5)]]);
  });
  it('keeps out of a place that is infinite', () => expect(minimum(([a]) => (a! < 2 ? Infinity : a!), [5]).point[0]).toBeCloseTo(2, 5));
  it('is not claimed where there is none', () => expect(minimum(([a]) => -a!, [0]).converged).toBe(false));
});
