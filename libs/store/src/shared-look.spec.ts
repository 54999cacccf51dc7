import { describe, expect, it } from '@jest/globals';
import { sharedLook } from './shared-look.ts';

const counting = (failures = 0) => {
  let looks = 0;
  return sharedLook(() => {
    looks += 1;
    return looks <= failures ? Promise.reject(new Error(`look ${looks}`)) : Promise.resolve(looks);
  });
};

describe('a look that partitions share', () => {
  it('is one for a tick, and another for the next', async () => {
    const look = counting();
    expect(await Promise.all([look(1), look(1), look(2), look(2)])).toEqual([1, 1, 2, 2]);
    expect(await look(2)).toBe(2);
  });

  it('is tried again by the next to ask where it failed', async () => {
    const look = counting(1);
    const first = [look(1), look(1)];
    for (const one of first) await expect(one).rejects.toThrow('look 1');
    expect(await look(1)).toBe(2);
  });
});
