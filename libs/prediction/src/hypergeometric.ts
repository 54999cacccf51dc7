/** A value too large or too small for a number of its own: `mantissa · e^log`. */
export type Scaled = Readonly<{ mantissa: number; log: number }>;

const HUGE = 1e200;
const LOG_HUGE = Math.log(HUGE);
const MOST_TERMS = 1_000_000;

/**
 * c · ₂F₁(a, b; c; z), Gauss' hypergeometric function, by its series; 0 ≤ z < 1, c > −1. Times c, because the function has a pole at c = 0 and this has none.
 * The number of terms grows with 1 / (1 − z). @throws RangeError when a million of them are not enough.
 */
export const hypergeometricTimesC = (a: number, b: number, c: number, z: number): Scaled => {
  let term = a * b * z;
  let mantissa = c + term;
  let log = 0;
  for (let n = 1; n < MOST_TERMS; n += 1) {
    const ratio = ((a + n) * (b + n) * z) / ((c + n) * (n + 1));
    term *= ratio;
    mantissa += term;
    // What is left is about a geometric series, once the terms fall.
    if (term === 0 || (Math.abs(ratio) < 1 && n > -a && n > -b && Math.abs(term) <= 1e-17 * Math.abs(mantissa) * (1 - Math.max(z, ratio)))) return { mantissa, log };
    if (Math.abs(mantissa) > HUGE) [term, mantissa, log] = [term / HUGE, mantissa / HUGE, log + LOG_HUGE];
  }
  throw new RangeError(`the hypergeometric series does not converge for ${a}, ${b}, ${c}, ${z}`);
};
