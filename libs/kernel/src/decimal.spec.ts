import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatDecimal, parseDecimal, roundedSum, times, type Decimal, type Product } from './decimal.ts';

const d = (text: string) => parseDecimal(text)!;

describe('a decimal', () => {
  it.each([['2.55', 2_550_000n], ['-12', -12_000_000n], ['0.000001', 1n], ['+1.50', 1_500_000n], ['1.0000000', 1_000_000n]])('reads %s', (text, millionths) =>
    expect(parseDecimal(text)).toBe(millionths));
  it.each(['', '1e5', '1.', '.5', '0.0000001', 'NaN', '1,5', '--1'])('refuses %p', (text) => expect(parseDecimal(text)).toBeUndefined());
  it.each([1e21, 1e-7, Number.NaN, Infinity, 0.1 + 0.2])('refuses the number %p', (value) => expect(parseDecimal(value)).toBeUndefined());
  it('reads back what it prints', () =>
    fc.assert(fc.property(fc.bigInt(-(10n ** 30n), 10n ** 30n), (n) => expect(parseDecimal(formatDecimal(n as Decimal))).toBe(n))));
});

describe('a sum of products', () => {
  it('is exact until it is rounded once', () => expect(roundedSum([times(d('0.000001'), d('0.4')), times(d('0.000001'), d('0.4'))])).toBe(1n));
  it.each([[500_000n, 0n], [1_500_000n, 2n], [2_500_000n, 2n], [-500_000n, 0n], [-1_500_000n, -2n], [-1_500_001n, -2n]])('rounds %p half to even', (product, rounded) =>
    expect(roundedSum([product as Product])).toBe(rounded));
});
