import { describe, expect, it } from '@jest/globals';
import { dueTimes, paced, wallClock } from './pace.ts';

describe('two loads that share a time', () => {
  const pace = { startAt: 10_000, seconds: 4, perSecond: 4 };

  it('take turns, second by second', () => {
    expect(dueTimes({ ...pace, slot: 'even' })).toEqual([10_000, 10_250, 10_500, 10_750, 12_000, 12_250, 12_500, 12_750]);
    expect(dueTimes({ ...pace, slot: 'odd' })).toEqual([11_000, 11_250, 11_500, 11_750, 13_000, 13_250, 13_500, 13_750]);
  });
});

describe('a paced load', () => {
  it('does not wait for what was sent before, and tells of a failure', async () => {
    const began: number[] = [];
    const sending = paced({ startAt: 0, seconds: 1, perSecond: 5, slot: 'even' }, async (index) => {
      began.push(index);
      // The first one ends only when the last has begun.
      if (index === 4) throw new Error('the last one');
      while (began.length < 5) await new Promise((resolve) => setImmediate(resolve));
    }, () => 5_000);
    await expect(sending).rejects.toThrow('the last one');
    expect(began).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('the clock', () => {
  it('agrees with the system', () => {
    const before = Date.now();
    const now = wallClock()();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now() + 1);
  });
});
