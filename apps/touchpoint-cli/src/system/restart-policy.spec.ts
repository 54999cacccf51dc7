import { describe, expect, it } from '@jest/globals';
import { afterCrash, restartPolicy } from './restart-policy.ts';

const at = Date.UTC(2026, 0, 1);

describe('after a crash', () => {
  it('waits longer each time, up to a limit', () => {
    const delays = [1, 2, 3, 4, 5].map((count) => afterCrash(Array.from({ length: count }, (_, i) => at + i * 1_000)));
    expect(delays).toEqual([250, 500, 1_000, 2_000, 4_000]);
    expect(afterCrash(Array.from({ length: 20 }, (_, i) => at + i), { ...restartPolicy, atMost: 100 })).toBe(restartPolicy.maxDelayMs);
  });

  it('gives up after too many within the time', () => {
    expect(afterCrash([0, 1, 2, 3, 4, 5].map((i) => at + i * 9_000))).toBe('give up');
  });

  it('forgets those that are long ago', () => {
    expect(afterCrash([0, 1, 2, 3, 4, 5, 6, 7].map((i) => at + i * 60_000))).toBe(250);
  });
});
