import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY, HOUR } from '@touchpoint/kernel';
import type { Condition, Sight } from './condition.ts';
import { holds } from './evaluate.ts';
import { nextFlip, type Outlook } from './next-flip.ts';

const NOW = Date.parse('2026-03-01T00:00:00Z');
/** A customer with instants, a window that counts, and traits. */
const outlookOf = (events: readonly number[], last: number, zone = 'Europe/Zurich'): Outlook => {
  const inside = (at: number) => events.filter((time) => time <= at && at - time <= 5 * DAY);
  const sightAt = (at: number): Sight => ({
    at, zone, event: () => undefined, consent: () => 'granted', reachable: () => true, member: (segment) => segment === 'vip',
    measure: (name) => (name === 'lastAt' ? last : name === 'never' ? undefined : 3),
    trait: () => '1990-03-04',
    did: () => inside(at).length,
  });
  return { sightAt, changes: (leaf, at) => ('did' in leaf ? events.flatMap((time) => [time, time + 5 * DAY + 1]).filter((time) => time > at).sort((a, b) => a - b)[0] : undefined) };
};
const flip = (condition: Condition, outlook = outlookOf([], NOW)) => {
  const next = nextFlip(condition, outlook, NOW);
  return next === undefined ? undefined : new Date(next).toISOString();
};

describe('the next instant at which a condition comes out otherwise', () => {
  it.each<[string, Condition, string | undefined]>([
    ['is when an instant is old enough', { measure: 'lastAt', olderThan: 'P90D' }, '2026-05-30T00:00:00.000Z'],
    ['a millisecond behind when it was young enough', { measure: 'lastAt', within: 'P1D' }, '2026-03-02T00:00:00.001Z'],
    ['the first of two', { all: [{ measure: 'lastAt', within: 'P1D' }, { measure: 'lastAt', within: 'P2D' }] }, '2026-03-02T00:00:00.001Z'],
    ['the last, where either will do', { any: [{ measure: 'lastAt', within: 'P1D' }, { measure: 'lastAt', within: 'P2D' }] }, '2026-03-03T00:00:00.001Z'],
    ['is not what changes nothing', { any: [{ measure: 'lastAt', olderThan: 'P1D' }, { segment: 'vip' }] }, undefined],
    ['is the day before the anniversary, at midnight there', { trait: 'birthday', anniversaryIn: 1 }, '2026-03-02T23:00:00.000Z'],
    ['is the day that a season begins', { today: { from: '2026-12-01', until: '2026-12-24' } }, '2026-11-30T23:00:00.000Z'],
    ['is never, where nothing can', { measure: 'never', olderThan: 'P1D' }, undefined],
    ['nor where only events can', { all: [{ measure: 'count', atLeast: 2 }, { consent: { channel: 'email' } }, { reachable: 'push' }] }, undefined],
  ])('%s', (_, condition, expected) => expect(flip(condition)).toBe(expected));
  it('passes by what leaves a window and does not matter', () => expect(flip({ did: { event: 'OrderCompleted', within: 'P5D' }, atLeast: 2 }, outlookOf([NOW, NOW - HOUR, NOW - 2 * HOUR], NOW))).toBe(new Date(NOW - HOUR + 5 * DAY + 1).toISOString()));
});

const leaf = fc.oneof(
  fc.nat(20).map((days): Condition => ({ measure: 'lastAt', olderThan: `P${days}D` })),
  fc.nat(20).map((days): Condition => ({ measure: 'lastAt', within: `P${days}D` })),
  fc.nat(4).map((atLeast): Condition => ({ did: { event: 'OrderCompleted', within: 'P5D' }, atLeast })),
  fc.nat(30).map((anniversaryIn): Condition => ({ trait: 'birthday', anniversaryIn })),
  fc.tuple(fc.nat(20), fc.nat(20)).map(([from, days]): Condition => ({ today: { from: new Date(NOW + (from - 10) * DAY).toISOString().slice(0, 10), until: new Date(NOW + (from - 10 + days) * DAY).toISOString().slice(0, 10) } })),
  fc.constant<Condition>({ segment: 'vip' }),
);
const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })), fc.array(tie('condition'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })), tie('condition').map((not) => ({ not }))),
}));

describe('any condition', () => {
  it('comes out the same until then, and otherwise then', () =>
    fc.assert(fc.property(condition, fc.array(fc.nat(10 * 24).map((hours) => NOW - hours * HOUR), { maxLength: 6 }), fc.nat(15 * 24).map((hours) => NOW - hours * HOUR), (given, events, last) => {
      const outlook = outlookOf(events, last);
      const is = (at: number) => holds(given, outlook.sightAt(at));
      const next = nextFlip(given, outlook, NOW);
      // What recurs for ever and never matters is looked at again after years.
      if (next !== undefined) expect([next > NOW, is(next) !== is(NOW) || next > NOW + 5 * 365 * DAY, is(next - 1)]).toEqual([true, true, is(NOW)]);
      for (let at = NOW; at < Math.min(next ?? Infinity, NOW + 60 * DAY); at += 7 * HOUR) expect(is(at)).toBe(is(NOW));
    }), { numRuns: 400 }));
});
