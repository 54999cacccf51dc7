import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BoundedCache } from './bounded-cache.ts';

describe('a bounded cache', () => {
  it('never holds more than its bound, and never a wrong value', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 50 }))), (max, steps) => {
        const cache = new BoundedCache<number, string>({ max });
        for (const [write, key] of steps) {
          if (write) cache.set(key, `v${key}`);
          else expect([undefined, `v${key}`]).toContain(cache.get(key));
          expect(cache.size).toBeLessThanOrEqual(max);
        }
      }),
    );
  });

  it('keeps what is used', () => {
    const cache = new BoundedCache<number, string>({ max: 10 });
    cache.set(0, 'used');
    for (let i = 1; i < 100; i += 1) {
      cache.set(i, 'once');
      expect(cache.get(0)).toBe('used');
    }
    expect(cache.get(1)).toBeUndefined();
  });
});

describe('with a time to live', () => {
  it('lets go of what is in use when its time is over', () => {
    let now = 0;
    const cache = new BoundedCache<string, number>({ max: 100, ttlMs: 1_000, now: () => now });
    cache.set('used', 1);
    for (now = 100; now < 1_000; now += 100) expect(cache.get('used')).toBe(1);
    expect([cache.get('used'), cache.size]).toEqual([undefined, 0]);
  });
  it('gives nothing older than that, and holds it no longer, however often it is used', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('set', 'get', 'expire'), fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 400 }))), (steps) => {
        let now = 0;
        const setAt = new Map<number, number>();
        const cache = new BoundedCache<number, number>({ max: 100, ttlMs: 1_000, now: () => now });
        for (const [step, key, passed] of steps) {
          now += passed;
          if (step === 'set') {
            cache.set(key, now);
            setAt.set(key, now);
          } else if (step === 'get') {
            const at = cache.get(key);
            if (at !== undefined) expect(now - at).toBeLessThan(1_000);
            if (setAt.has(key) && now - setAt.get(key)! < 500) expect(at).toBe(setAt.get(key));
          } else {
            cache.expire();
            expect(cache.size).toBeLessThanOrEqual([...setAt.values()].filter((at) => now - at < 1_000).length);
          }
        }
      }),
    );
  });
});
