import { inOrder, meanLogLikelihood, type BgNbd, type Row } from './bg-nbd.ts';
import { minimum } from './nelder-mead.ts';

/** What a parameter may be. Beyond it customers hardly differ in what it says, and data cannot tell one value from another; within it every prediction can be computed in bounded time. */
export const BOUNDS = { r: [1e-3, 100], alpha: [1, 1e6], a: [1e-4, 100], b: [1e-3, 1_000] } as const satisfies Record<keyof BgNbd, readonly [number, number]>;
export const PARAMETERS = ['r', 'alpha', 'a', 'b'] as const satisfies readonly (keyof BgNbd)[];

/** @returns the parameters under which the histories are likeliest, to nine digits; undefined where the search finds no end. The same rows, in any order, give the same parameters to the last bit. */
export const fitBgNbd = (rows: Iterable<Row>): BgNbd | undefined => {
  const ordered = inOrder(rows);
  const scale = ordered.reduce((most, { age }) => Math.max(most, age), 1);
  // Logarithms keep the parameters positive; time is told in the longest age, so that all four are about as large.
  const at = ([r, alpha, a, b]: readonly number[]): BgNbd => ({ r: Math.exp(r!), alpha: Math.exp(alpha!) * scale, a: Math.exp(a!), b: Math.exp(b!) });
  const found = minimum((point) => {
    const parameters = at(point);
    return withinBounds(parameters) ? -meanLogLikelihood(parameters, ordered) : Infinity;
  }, [0.1, 0.1, 0.1, 0.1]);
  if (!found.converged) return undefined;
  const { r, alpha, a, b } = at(found.point);
  return { r: nineDigits(r), alpha: nineDigits(alpha), a: nineDigits(a), b: nineDigits(b) };
};

const withinBounds = (parameters: BgNbd): boolean => PARAMETERS.every((name) => parameters[name] >= BOUNDS[name][0] && parameters[name] <= BOUNDS[name][1]);

const nineDigits = (value: number): number => Number(value.toPrecision(9));
