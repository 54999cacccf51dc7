export type Minimum = Readonly<{ point: readonly number[]; value: number; /** Whether all corners came together within the limit. */ converged: boolean }>;
type Corner = Readonly<{ point: readonly number[]; value: number }>;

const STEP = 0.5;
const MOST_STEPS = 2_000;
/** How near to the best corner all others must lie. */
const TOLERANCE = 1e-7;

/**
 * The lowest point of a function near a start (Nelder and Mead: A simplex method for function minimization, 1965), with the usual coefficients. Deterministic, in bounded steps. `Infinity` keeps it out of a place.
 * It begins anew once, about where it ended: a simplex may become flat before it has arrived.
 */
export const minimum = (f: (point: readonly number[]) => number, start: readonly number[]): Minimum => descend(f, descend(f, start).point);

const descend = (f: (point: readonly number[]) => number, start: readonly number[]): Minimum => {
  const corner = (point: readonly number[]): Corner => ({ point, value: f(point) });
  const corners = [corner(start), ...start.map((_, i) => corner(start.map((v, j) => (i === j ? v + STEP : v))))];
  const last = corners.length - 1;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    corners.sort((one, other) => one.value - other.value);
    const [best, worst, second] = [corners[0]!, corners[last]!, corners[last - 1]!];
    if (together(corners)) return { ...best, converged: true };
    const centre = start.map((_, i) => corners.slice(0, last).reduce((sum, { point }) => sum + point[i]!, 0) / last);
    const along = (times: number) => corner(centre.map((v, i) => v + times * (worst.point[i]! - v)));
    const reflected = along(-1);
    if (reflected.value < best.value) {
      const expanded = along(-2);
      corners[last] = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < second.value) corners[last] = reflected;
    else {
      const contracted = along(reflected.value < worst.value ? -0.5 : 0.5);
      if (contracted.value < Math.min(reflected.value, worst.value)) corners[last] = contracted;
      else for (let i = 1; i <= last; i += 1) corners[i] = corner(corners[i]!.point.map((v, j) => (v + best.point[j]!) / 2));
    }
  }
  return { ...corners.sort((one, other) => one.value - other.value)[0]!, converged: false };
};

const together = ([best, ...others]: readonly Corner[]): boolean =>
  others.every(({ point }) => point.every((v, i) => Math.abs(v - best!.point[i]!) <= TOLERANCE));
