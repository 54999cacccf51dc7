import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { symmetricInverse } from './symmetric-inverse.ts';

/** R Rᵀ + 1, which is positive definite whatever R. */
const matrices = fc.integer({ min: 1, max: 9 }).chain((n) => fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: n * n, maxLength: n * n }).map((r) => {
  const at = (i: number, j: number) => r[i * n + j]!;
  return { n, matrix: Float64Array.from({ length: n * n }, (_, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    return Array.from({ length: n }, (_, m) => at(i, m) * at(j, m)).reduce((sum, one) => sum + one, i === j ? 1 : 0);
  }) };
}));

describe('the inverse of a symmetric matrix', () => {
  it('gives the unit matrix with it', () => {
    fc.assert(fc.property(matrices, ({ n, matrix }) => {
      const inverse = symmetricInverse(Float64Array.from(matrix), n);
      for (let i = 0; i < n; i += 1)
        for (let j = 0; j < n; j += 1) {
          const product = Array.from({ length: n }, (_, k) => matrix[i * n + k]! * inverse[k * n + j]!).reduce((sum, one) => sum + one, 0);
          expect(product).toBeCloseTo(i === j ? 1 : 0, 6);
        }
    }));
  });
  it('is not there where a matrix is not positive definite', () => expect(() => symmetricInverse(Float64Array.of(1, 2, 2, 1), 2)).toThrow(new RangeError('the matrix is not positive definite at row 1')));
});
