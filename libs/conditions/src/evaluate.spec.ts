import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY, parseDecimal } from '@touchpoint/kernel';
import type { Condition, Sight, Value } from './condition.ts';
import { evaluate, holds as holdsAtOnce } from './evaluate.ts';

const now = Date.parse('2026-03-01T00:00:00Z');
const values: Record<string, Value> = { count: 3, lastAt: now - 90 * DAY, total: parseDecimal('19.90')!, place: 'app', gift: false, coupon: null, version: '4.9-beta' };
const sight: Sight = {
  at: now,
  measure: (name) => values[name],
  event: (path) => values[path],
  zone: 'Europe/Zurich',
  trait: (path) => ({ plan: 'gold', memberSince: '2024-02-29' })[path],
  did: ({ event }) => (event === 'OrderCompleted' ? 2 : undefined),
  member: (segment) => segment === 'vip',
  consent: (channel) => (channel === 'email' ? 'granted' : channel === 'sms' ? 'withdrawn' : 'unknown'),
  reachable: (channel) => channel === 'push',
};
const holds = (condition: Condition) => evaluate(condition, sight).holds;

describe('a leaf', () => {
  it.each<[Condition, boolean]>([
    [{ measure: 'count', equals: 3 }, true],
    [{ measure: 'count', equals: '3' }, false],
    [{ measure: 'count', atLeast: 3, lessThan: 4 }, true],
    [{ measure: 'count', atLeast: 3, lessThan: 3 }, false],
    [{ measure: 'count', moreThan: 3 }, false],
    [{ measure: 'count', atMost: 2 }, false],
    [{ event: 'total', equals: '19.9' }, true],
    [{ event: 'total', atLeast: 19.9, atMost: '19.900000' }, true],
    [{ event: 'total', lessThan: '19.899999' }, false],
    [{ event: 'total', oneOf: [1, '19.90'] }, true],
    [{ event: 'place', oneOf: ['app', 'web'] }, true],
    [{ event: 'place', atLeast: 'aaa' }, false],
    [{ event: 'place', atMost: 'zzz' }, false],
    [{ event: 'gift', equals: false }, true],
    [{ event: 'coupon', exists: false }, true],
    [{ event: 'coupon', exists: true }, false],
    [{ measure: 'lastAt', olderThan: 'P90D' }, true],
    [{ measure: 'lastAt', olderThan: 'P91D' }, false],
    [{ measure: 'lastAt', within: 'P90D' }, true],
    [{ measure: 'lastAt', within: 'P89D' }, false],
    [{ measure: 'lastAt', lessThan: '2026-01-01T00:00:00Z' }, true],
    [{ consent: { channel: 'email' } }, true],
    [{ consent: { channel: 'sms' }, is: 'withdrawn' }, true],
    [{ consent: { channel: 'push' } }, false],
    [{ reachable: 'push' }, true],
    [{ reachable: 'email' }, false],
    [{ trait: 'plan', equals: 'gold' }, true],
    [{ trait: 'none', exists: false }, true],
    [{ trait: 'memberSince', anniversaryIn: 0 }, false],
    [{ did: { event: 'OrderCompleted' }, atLeast: 2 }, true],
    [{ did: { event: 'OrderRefunded' }, atLeast: 1 }, false],
    [{ segment: 'vip' }, true],
    [{ segment: 'lapsed' }, false],
    [{ today: { weekdays: ['sun'] } }, true],
    [{ event: 'version', lessThan: '4.10' }, true],
    [{ event: 'version', moreThan: '4.9.0' }, false],
    [{ event: 'version', atLeast: '4.9' }, true],
  ])('%j is %s', (condition, expected) => expect(holds(condition)).toBe(expected));

  it('holds no test on a value that is not there', () => {
    for (const test of [{ equals: 0 }, { lessThan: 1 }, { atMost: 1 }, { moreThan: -1 }, { atLeast: -1 }, { within: 'P1D' }, { olderThan: 'P1D' }, { oneOf: [0] }])
      expect(holds({ measure: 'nothing', ...test })).toBe(false);
  });
});

describe('an explanation', () => {
  it('shows every leaf, the value it saw and its outcome', () =>
    expect(evaluate({ any: [{ event: 'total', atLeast: '10' }, { not: { measure: 'lastAt', olderThan: 'P30D' } }] }, sight)).toEqual({
      any: [
        { look: 'event total', saw: '19.9', want: { atLeast: '10' }, holds: true },
        { not: { look: 'measure lastAt', saw: now - 90 * DAY, want: { olderThan: 'P30D', at: '2026-03-01T00:00:00.000Z' }, holds: true }, holds: false },
      ],
      holds: true,
    }));

  it('says of what was done how far back was looked, from when', () =>
    expect(evaluate({ did: { event: 'OrderCompleted', within: 'P30D' }, atLeast: 2 }, sight)).toEqual({ look: 'did OrderCompleted within P30D', saw: 2, want: { atLeast: 2, at: '2026-03-01T00:00:00.000Z' }, holds: true }));

  const leaf = fc.constantFrom<Condition>({ measure: 'count', equals: 3 }, { event: 'place', equals: 'web' }, { reachable: 'push' }, { consent: { channel: 'sms' } });
  const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      fc.array(tie('condition'), { maxLength: 4 }).map((all) => ({ all })),
      fc.array(tie('condition'), { maxLength: 4 }).map((any) => ({ any })),
      tie('condition').map((not) => ({ not })),
    ),
  }));
  it('is plain JSON, and all, any and not are what logic says they are', () =>
    fc.assert(fc.property(condition, condition, (a, b) => {
      const whole = evaluate({ all: [a, b] }, sight);
      expect(JSON.parse(JSON.stringify(whole))).toEqual(whole);
      expect(whole.holds).toBe(holds(a) && holds(b));
      expect(holdsAtOnce({ all: [a, { not: b }] }, sight)).toBe(holds(a) && !holds(b));
      expect(holds({ not: { any: [{ not: a }, { not: b }] } })).toBe(whole.holds);
    })));
});
