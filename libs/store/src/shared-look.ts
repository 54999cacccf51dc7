import type { Instant } from '@touchpoint/kernel';

/**
 * One look for all partitions that tick at the same time, which otherwise ask the same of Postgres one by one, every second. It begins behind `at`, the time of the
 * tick. Where it failed, the next to ask looks again.
 */
export const sharedLook = <T>(look: () => Promise<T>): ((at: Instant) => Promise<T>) => {
  let last: Readonly<{ at: Instant; looking: Promise<T> }> | undefined;
  return (at) => {
    if (last?.at === at) return last.looking;
    const looking = look();
    const mine = (last = { at, looking });
    looking.catch(() => {
      if (last === mine) last = undefined;
    });
    return looking;
  };
};
