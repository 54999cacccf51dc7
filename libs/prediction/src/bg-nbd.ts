import type { Repeats } from './history.ts';
import { hypergeometricTimesC } from './hypergeometric.ts';

/** Looked up once: a fit calls them a million times and more, and in a test's sandbox looking up a global costs more than a logarithm. */
const { exp, log, max } = Math;

/**
 * The BG/NBD model of repeat orders (Fader, Hardie, Lee: "Counting Your Customers" the Easy Way, Marketing Science 24, 2005). While a customer is one, orders come by chance at a pace of its own;
 * after each repeat order the customer leaves for good with a probability of its own. The pace is spread over customers as Gamma(r, alpha), the probability as Beta(a, b).
 */
export type BgNbd = Readonly<{ r: number; /** In days. */ alpha: number; a: number; b: number }>;

/** Customers with the same history. */
export type Row = Repeats & Readonly<{ customers: number }>;

/** Rows as the likelihood reads them: by repeats, which it adds up along. */
export const inOrder = (rows: Iterable<Row>): readonly Row[] => [...rows].sort((one, other) => one.repeats - other.repeats || one.lastAge - other.lastAge || one.age - other.age);

/**
 * How likely the histories are under the model: the mean logarithm per customer (equation 6 of the paper). The paper's Gamma functions appear only as ratios of values a whole number of
 * repeats apart, and these are products: so no Gamma function is needed, and many repeats overflow nothing.
 * @param rows as `inOrder` leaves them
 */
export const meanLogLikelihood = ({ r, alpha, a, b }: BgNbd, rows: readonly Row[]): number => {
  let sum = 0;
  let customers = 0;
  let counted = 0;
  let product = 0;
  for (const row of rows) {
    const { repeats: x } = row;
    for (; counted < x; counted += 1) product += log(((r + counted) * (b + counted)) / (a + b + counted));
    const stayed = -(r + x) * log(alpha + row.age);
    const left = x > 0 ? log(a / (b + x - 1)) - (r + x) * log(alpha + row.lastAge) : -Infinity;
    const most = max(stayed, left);
    sum += row.customers * (product + r * log(alpha) + most + log(exp(stayed - most) + exp(left - most)));
    customers += row.customers;
  }
  return sum / customers;
};

/** The probability that a customer has not left. 1 without a repeat order: the model lets nobody leave before. */
export const probabilityAlive = ({ r, alpha, a, b }: BgNbd, { repeats: x, lastAge, age }: Repeats): number =>
  x === 0 ? 1 : 1 / (1 + exp((r + x) * log((alpha + age) / (alpha + lastAge)) + log(a / (b + x - 1))));

/** How many orders are expected within the next days of a customer who may have left already (equation 10 of the paper). */
export const expectedOrders = (model: BgNbd, history: Repeats, days: number): number => ordersIfAlive(model, history, days) * probabilityAlive(model, history);

/** Nearer to 1 than this, `a` makes the formula 0 ÷ 0: what lies between the values on both sides is exact to the square of it. */
const NEAR = 1e-5;

const ordersIfAlive = (model: BgNbd, history: Repeats, days: number): number => {
  if (Math.abs(model.a - 1) >= NEAR) return byFormula(model, history, days);
  const [below, above] = [1 - NEAR, 1 + NEAR].map((a) => byFormula({ ...model, a }, history, days)) as [number, number];
  return below + ((above - below) * (model.a - 1 + NEAR)) / (2 * NEAR);
};

const byFormula = ({ r, alpha, a, b }: BgNbd, { repeats: x, age }: Repeats, days: number): number => {
  const c = a + b + x - 1;
  const z = days / (alpha + age + days);
  // (1 − z)^(r + x) ₂F₁(r + x, b + x; c; z), by Euler's transformation: there the repeats stand below only. Where its first argument is far below 0, and not small beside c, its terms would cancel each other.
  const euler = a + b - 1 - r;
  const [series, power] = euler > -10 || c > -2 * euler ? [hypergeometricTimesC(euler, a - 1, c, z), a - 1] : [hypergeometricTimesC(r + x, b + x, c, z), r + x];
  return (c - series.mantissa * exp(series.log + power * log((alpha + age) / (alpha + age + days)))) / (a - 1);
};

/** Within how many days after the last order one more is expected of a customer who has not left: one divided by the pace that is expected after it. */
export const daysToNextOrder = ({ r, alpha }: BgNbd, { repeats, lastAge }: Repeats): number => (alpha + lastAge) / (r + repeats);
