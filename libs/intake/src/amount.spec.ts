import { describe, expect, it } from '@jest/globals';
import { parseDecimal } from '@touchpoint/kernel';
import fc from 'fast-check';
import { amountOf } from './amount.ts';

describe('an amount', () => {
  it.each([[19.99, 19_990_000n], ['19.990000', 19_990_000n], [0.1 + 0.2, 300_000n], [-0, 0n], [1e-6, 1n], [1e20, 100_000_000_000_000_000_000_000_000n], [30.299999999999997, 30_300_000n], [-2.5, -2_500_000n]])('reads %p', (value, millionths) => expect(amountOf(value)).toBe(millionths));
  it.each([1e-7, 10 / 3, Number.NaN, Infinity, '1e3', '', '1.1234567', 1e33])('refuses %p', (value) => expect(amountOf(value)).toBeUndefined());
  it('reads a number of six places as its text', () =>
    fc.assert(fc.property(fc.maxSafeInteger().map((n) => Math.trunc(n / 10)), fc.nat(6), (n, places) => {
      const value = n / 10 ** places;
      fc.pre(String(value).replace(/\D/g, '').replace(/^0+/, '').length <= 15);
      const exact = parseDecimal(value);
      fc.pre(exact !== undefined);
      expect(amountOf(value)).toBe(exact);
    })));
});
