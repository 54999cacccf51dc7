/** Numbers that look like chance and are the same for the same seed, everywhere (mulberry32): for synthetic data and plans, never for secrets. */
export type Random = Readonly<{
  /** From 0 up to, not including, 1. */
  next: () => number;
  /** A whole number from 0 up to, not including, `below`. */
  below: (below: number) => number;
  one: <T>(of: readonly T[]) => T;
  shuffled: <T>(of: readonly T[]) => readonly T[];
}>;

export const random = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const shuffled = <T>(of: readonly T[]): readonly T[] => {
    const left = [...of];
    return Array.from(of, () => left.splice(below(left.length), 1)[0]!);
  };
  return { next, below, one: (of) => of[below(of.length)]!, shuffled };
};
