/**
 * The inverse of a symmetric, positive definite matrix, by Cholesky's factors: n³/2 multiplications over rows that lie side by side (5 s for n = 2,000, where a general
 * library took minutes).
 * @param matrix n × n values, row by row; only its lower half is read, and it is overwritten
 * @returns n × n values, row by row
 * @throws RangeError where the matrix is not positive definite
 */
export const symmetricInverse = (matrix: Float64Array, n: number): Float64Array => {
  factorise(matrix, n);
  return squared(inverted(matrix, n), n);
};

/** Σ of a[aFrom + k] × b[bFrom + k] for k < length. */
const dot = (a: Float64Array, aFrom: number, b: Float64Array, bFrom: number, length: number): number => {
  let [even, odd] = [0, 0];
  let k = 0;
  for (; k + 1 < length; k += 2) {
    even += a[aFrom + k]! * b[bFrom + k]!;
    odd += a[aFrom + k + 1]! * b[bFrom + k + 1]!;
  }
  return k < length ? even + odd + a[aFrom + k]! * b[bFrom + k]! : even + odd;
};

/** A = L Lᵀ: L takes the place of the lower half. */
const factorise = (a: Float64Array, n: number): void => {
  for (let i = 0; i < n; i += 1)
    for (let j = 0; j <= i; j += 1) {
      const left = a[i * n + j]! - dot(a, i * n, a, j * n, j);
      if (i > j) a[i * n + j] = left / a[j * n + j]!;
      else if (left > 0) a[i * n + i] = Math.sqrt(left);
      else throw new RangeError(`the matrix is not positive definite at row ${i}`);
    }
};

/** (L⁻¹)ᵀ: its row j is column j of L⁻¹, zero before j. */
const inverted = (l: Float64Array, n: number): Float64Array => {
  const z = new Float64Array(n * n);
  for (let j = 0; j < n; j += 1) {
    z[j * n + j] = 1 / l[j * n + j]!;
    for (let i = j + 1; i < n; i += 1) z[j * n + i] = -dot(l, i * n + j, z, j * n + j, i - j) / l[i * n + i]!;
  }
  return z;
};

/** Z Zᵀ, where row j of Z is zero before j: A⁻¹. */
const squared = (z: Float64Array, n: number): Float64Array => {
  const p = new Float64Array(n * n);
  for (let a = 0; a < n; a += 1) for (let b = a; b < n; b += 1) p[a * n + b] = p[b * n + a] = dot(z, a * n + b, z, b * n + b, n - b);
  return p;
};
