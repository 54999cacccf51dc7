import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { hypergeometricTimesC } from './hypergeometric.ts';
import { goldenOf } from './reference.fixture.ts';

const golden = goldenOf(readFileSync(new URL('./bg-nbd-reference.fixture.json', import.meta.url), 'utf8'));
const hypergeometric = (a: number, b: number, c: number, z: number): number => {
  const { mantissa, log } = hypergeometricTimesC(a, b, c, z);
  return (mantissa * Math.exp(log)) / c;
};
const nearly = (value: number, wanted: number, relative: number) => expect(Math.abs(value / wanted - 1)).toBeLessThanOrEqual(relative);

describe('the hypergeometric function', () => {
  it.each(golden.hypergeometric)('of %d, %d, %d at %d is what mpmath says', (a, b, c, z, wanted) => nearly(hypergeometric(a, b, c, z), wanted, 1e-12));
  it('is a power where it is known to be one', () => {
    fc.assert(fc.property(fc.double({ min: 0.01, max: 400, noNaN: true }), fc.double({ min: 0.1, max: 50, noNaN: true }), fc.double({ min: 0, max: 0.95, noNaN: true }), (a, b, z) => {
      const { mantissa, log } = hypergeometricTimesC(a, b, b, z);
      const wanted = -a * Math.log(1 - z);
      expect(Math.abs(Math.log(mantissa / b) + log - wanted)).toBeLessThanOrEqual(1e-9 * (1 + wanted));
    }));
  });
  it('is finite times c where c is 0', () => expect(hypergeometricTimesC(2, 3, 0, 0.5)).toEqual({ mantissa: expect.closeTo(144, 9), log: 0 }));
  it('is told in a scale of its own where no number is large enough', () => {
    const { mantissa, log } = hypergeometricTimesC(2_000, 3, 3, 0.7);
    nearly(Math.log(mantissa / 3) + log, -2_000 * Math.log(0.3), 1e-12);
  });
  it('is refused where its series has no end within reason', () => expect(() => hypergeometricTimesC(1, 1, 1, 1 - 1e-9)).toThrow(RangeError));
});
