/** Numbers that look like chance and are the same for the same seed (mulberry32). */
export type Random = Readonly<{
  /** A whole number from 0 up to, not including, `below`. */
  below: (below: number) => number;
  one: <T>(of: readonly T[]) => T;
}>;

export const random = (seed: number): Random => {
  let state = seed >>> 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return { below, one: (of) => of[below(of.length)]! };
};
