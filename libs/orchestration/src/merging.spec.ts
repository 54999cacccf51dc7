import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { consentAnswer } from '@touchpoint/consent';
import type { TimelineEvent } from '@touchpoint/contracts';
import { DAY, type CustomerId, type Instant } from '@touchpoint/kernel';
import type { Decided } from './emission.ts';
import { measured } from './measures.ts';
import { MAX_HAND_OVER } from './merging.ts';
import { MAX_MEMBERS, MAX_PENDING, parseState, partsOf, serialiseState } from './state.ts';
import { at, consent, customer, device, email, fired, historical, message, order, play, publish, told, type Moment } from './testing/given.ts';

const root = new URL('../../../', import.meta.url);
const files = Object.fromEntries(['journeys', 'templates'].flatMap((folder) => readdirSync(new URL(folder, root), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).map((file) => [relative(fileURLToPath(root), file), readFileSync(file, 'utf8')])));
const published = publish(files);

const [a, b, c] = ['a', 'b', 'c'].map(customer) as [CustomerId, CustomerId, CustomerId];
const absorbed = (who: CustomerId, by: CustomerId) => message('CustomerAbsorbed', { customerId: who, survivorId: by, by: 'alias' });
const merged = (who: CustomerId, into: CustomerId) => message('CustomerMerged', { customerId: into, absorbedId: who, by: 'alias' });
const split = (who: CustomerId, from: CustomerId) => message('CustomerSplit', { customerId: from, memberId: who, sources: [], requestedBy: 'operator' });
/** What a decision sends to another customer's timeline. */
const handed = (decided: Decided, when: Instant): readonly (readonly [CustomerId, Moment])[] =>
  decided.facts.flatMap(({ customerId, message: fact }) => (['CustomerHandedOver', 'TouchpointHandedOn'].includes(fact.type) ? [[customerId, at(when, fact as TimelineEvent)] as const] : []));
const on = (who: CustomerId, state: Decided['state'] | undefined, ...moments: readonly Moment[]) => play(published, moments, state, who);
const counted = (decided: Decided) => measured(partsOf(decided.state).map(({ measures }) => measures), 'orders.count');
const word = (decided: Decided) => consentAnswer(partsOf(decided.state), 'email', 'marketing');
const day = (n: number): Instant => Date.parse('2026-01-01') + n * DAY;

describe('a customer who is absorbed', () => {
  const known = on(b, undefined, at(day(0), email('b')), at(day(1), order('1')));
  const gone = on(b, known.state, at(day(2), absorbed(b, a)));
  it('hands over what decisions rest on, and its runs end', () => expect(told(gone)).toEqual(['leaves reactivation: merged', `hands over to ${a}`, 'cancels a timer']));
  it('decides nothing any more, and hands each touchpoint on', () => {
    const after = on(b, gone.state, at(day(3), order('2')), at(day(3), message('ProductViewed', {})), fired(known.timers.set[0]!));
    expect(told(after)).toEqual([`hands OrderCompleted on to ${a}`]);
    expect(after.state.own.measures['orders.count']).toBe(2);
  });
  it('decides for itself again after a split', () => expect(told(on(b, gone.state, at(day(3), split(b, a)), at(day(4), order('2'))))).toEqual(expect.arrayContaining(['sends order-confirmation', 'enters reactivation'])));
  it('decides nothing on a merge that is about somebody else', () => expect(told(on(b, known.state, at(day(2), absorbed(a, b)), at(day(2), merged(b, a)), at(day(2), split(a, c))))).toEqual([]));
});

describe('a customer who survives', () => {
  const reached = [at(day(0), email('a')), at(day(0), consent('email', true))];
  const [toA] = handed(on(b, undefined, at(day(1), order('1')), at(day(1), device('phone')), at(day(2), absorbed(b, a))), day(2));
  const handOver = toA![1];

  it('holds marketing from the merge to the hand-over, and confirms orders meanwhile', () => {
    const waiting = on(a, undefined, ...reached, at(day(-100), order('9')));
    const timer = waiting.timers.set[0]!;
    const between = on(a, waiting.state, at(day(0), merged(b, a)), at(day(0), order('8')), fired({ ...timer, dueAt: day(0) }));
    expect(told(between)).toEqual(expect.arrayContaining(['sends order-confirmation']));
    expect(told(on(a, waiting.state, at(day(0), merged(b, a)), fired(timer)))).toEqual(expect.arrayContaining(['holds reactivation-email: merge pending', 'holds reactivation-push: merge pending']));
    expect(told(on(a, waiting.state, at(day(0), merged(b, a)), handOver, fired(timer)))).not.toEqual(expect.arrayContaining(['holds reactivation-email: merge pending']));
  });
  it('holds marketing when more merges are on their way than it tells apart, whichever hand-over comes', () => {
    const waiting = on(a, undefined, ...reached, at(day(-100), order('9')));
    const others = Array.from({ length: MAX_PENDING + 1 }, (_, i) => customer(`other-${i}`));
    const handOvers = others.slice(0, MAX_PENDING).map((other) => handed(on(other, undefined, at(day(-1), absorbed(other, a))), day(0))[0]![1]);
    const after = on(a, waiting.state, ...others.map((other) => at(day(0), merged(other, a))), ...handOvers);
    expect(told(on(a, after.state, fired(waiting.timers.set[0]!)))).toEqual(expect.arrayContaining(['holds reactivation-email: merge pending']));
  });
  it('is not held by a hand-over that came before the merge', () => {
    const early = on(a, undefined, ...reached, at(day(-80), order('9')), handOver, at(day(2), merged(b, a)));
    expect([early.state.pending, early.state.early]).toEqual([{}, {}]);
  });
  it('counts both, and reaches the devices of both', () => {
    const both = on(a, undefined, ...reached, at(day(0), order('9')), at(day(2), merged(b, a)), handOver);
    expect(counted(both)).toBe(2);
    expect(partsOf(both.state).flatMap(({ contacts }) => Object.keys(contacts))).toEqual(['email', expect.stringMatching(/^push:/)]);
  });
  it('counts 90 days from the newest order of both', () => {
    expect(told(on(a, on(a, undefined, ...reached, at(day(0), order('9'))).state, at(day(2), merged(b, a)), handOver))).toEqual(['leaves reactivation: restarted', 'enters reactivation', 'cancels a timer', 'timer quiet 2026-04-02']);
    expect(told(on(a, on(a, undefined, ...reached, at(day(2), order('9'))).state, at(day(2), merged(b, a)), handOver))).toEqual([]);
    expect(told(on(a, on(a, undefined, ...reached).state, at(day(2), merged(b, a)), handOver))).toEqual(['enters reactivation', 'timer quiet 2026-04-02']);
  });
  it('does not remind of what the other was reminded of already', () => {
    const rung = on(b, undefined, at(day(1), order('1')));
    const mailed = on(b, rung.state, fired(rung.timers.set[0]!));
    const [over] = handed(on(b, mailed.state, at(day(95), absorbed(b, a))), day(95));
    expect(told(on(a, on(a, undefined, ...reached, at(day(0), order('9'))).state, at(day(95), merged(b, a)), over![1]))).toEqual(['leaves reactivation: restarted', 'cancels a timer']);
  });
  it('decides on a touchpoint that is handed on, with its own times', () => {
    const [[, late]] = handed(on(b, on(b, undefined, at(day(2), absorbed(b, a))).state, at(day(3), order('2'))), day(30)) as [readonly [CustomerId, Moment]];
    const decided = on(a, on(a, undefined, ...reached, at(day(2), merged(b, a))).state, late);
    expect(told(decided)).toEqual(['enters order-confirmation', 'leaves order-confirmation: completed', 'enters reactivation', 'sends order-confirmation', 'command email, urgent', 'timer quiet 2026-04-04']);
    expect(decided.commands[0]!.message.data.notAfter).toBe(day(5));
  });
  it('starts nothing from history that is handed on', () => {
    const [[, late]] = handed(on(b, on(b, undefined, at(day(2), absorbed(b, a))).state, historical(day(-300), day(3), order('2'))), day(3)) as [readonly [CustomerId, Moment]];
    const decided = on(a, on(a, undefined, ...reached).state, late);
    expect([told(decided), counted(decided)]).toEqual([[], 1]);
  });
  it('loses what a split takes out, and keeps what it is not about', () => {
    const both = on(a, undefined, ...reached, at(day(0), order('9')), at(day(2), merged(b, a)), handOver);
    expect(counted(on(a, both.state, at(day(4), split(b, a))))).toBe(1);
    expect(counted(on(a, both.state, at(day(4), split(c, a))))).toBe(2);
  });
  it('tells no more members apart than it can hold, and counts them all', () => {
    let state = on(a, undefined).state;
    for (let i = 0; i < MAX_MEMBERS + 9; i++) {
      const other = customer(`other-${i}`);
      const [[, over]] = handed(on(other, undefined, at(day(i), order(`${i}`)), at(day(i), absorbed(other, a))), day(i)) as [readonly [CustomerId, Moment]];
      state = on(a, state, at(day(i), merged(other, a)), over).state;
    }
    expect(Object.keys(state.members)).toHaveLength(MAX_MEMBERS);
    expect(measured(partsOf(state).map(({ measures }) => measures), 'orders.count')).toBe(MAX_MEMBERS + 9);
  });
});

describe('a hand-over that would not fit on the log', () => {
  const MANY = 33;
  const who = (i: number) => customer(`member-${i}`);
  /** Each of them with 16 devices, whose tokens are as long as ingest takes them, and more words on consent than anybody has said. */
  const reachable = (i: number, from: number) => [
    ...Array.from({ length: 16 }, (_, slot) => at(day(from) + slot, device(`d-${i}-${slot}`, `${i}/${slot}`.padEnd(4_096, '日')))),
    ...Array.from({ length: 120 }, (_, n) => at(day(from), consent('email', n > 0, n === 0 ? 'marketing' : `${n}`.padEnd(64, '日')))),
    at(day(from), order(`${i}`)),
  ];
  let state = on(b, undefined, ...reachable(0, 0)).state;
  for (let i = 1; i < MANY; i++) {
    const [[, over]] = handed(on(who(i), undefined, ...reachable(i, i), at(day(50), absorbed(who(i), b))), day(50)) as [readonly [CustomerId, Moment]];
    state = on(b, state, at(day(50), merged(who(i), b)), over).state;
  }
  const gone = on(b, state, at(day(60), absorbed(b, a)));
  const [[, over]] = handed(gone, day(60)) as [readonly [CustomerId, Moment]];
  const survivor = on(a, undefined, at(day(1), consent('email', true)), at(day(60), merged(b, a)), over);

  it('is shortened until it does', () => {
    expect(Buffer.byteLength(JSON.stringify(state))).toBeGreaterThan(2 * MAX_HAND_OVER);
    expect(Buffer.byteLength((over.message.data as { state: string }).state)).toBeLessThanOrEqual(MAX_HAND_OVER);
  });
  it('keeps every refusal and every count', () => expect([word(survivor), counted(survivor)]).toEqual(['withdrawn', MANY]));
  it('goes on along a chain to one who cannot tell all of its own apart either, and all are counted', () => {
    const [[, first]] = handed(on(a, survivor.state, at(day(61), absorbed(a, c))), day(61)) as [readonly [CustomerId, Moment]];
    let crowded = on(c, undefined).state;
    for (let i = 0; i < MAX_MEMBERS + 2; i++) {
      const [[, other]] = handed(on(customer(`c-${i}`), undefined, at(day(i), order(`${i}`)), at(day(i), absorbed(customer(`c-${i}`), c))), day(i)) as [readonly [CustomerId, Moment]];
      crowded = on(c, crowded, at(day(i), merged(customer(`c-${i}`), c)), other).state;
    }
    expect(counted(on(c, crowded, at(day(61), merged(a, c)), first))).toBe(MANY + MAX_MEMBERS + 2);
  });
});

describe('Merge order does not matter', () => {
  /** Three timelines: c is absorbed into b, and b into a. What the resolver writes keeps its order, and so does what one customer hands to another; how the two mix is chance. */
  type World = { written: Record<string, Moment[]>; handed: Record<string, Moment[]>; states: Record<string, Decided | undefined>; orders: number };
  const touchpoint = fc.record({ who: fc.constantFrom(a, b, c), what: fc.constantFrom('order', 'yes', 'no'), day: fc.nat(30) });
  const turnsOf = fc.array(fc.tuple(fc.nat(2), fc.boolean()), { maxLength: 60 });
  const scenario = fc.record({ before: fc.array(touchpoint, { maxLength: 6 }), between: fc.array(touchpoint, { maxLength: 4 }), after: fc.array(touchpoint, { maxLength: 6 }), turns: turnsOf });
  type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never;
  /** What c says reaches a as part of what b hands over, or by itself: either way c belongs to a since b does. The first of these once failed. */
  const B_FIRST: Scenario['turns'] = [[1, false], [1, false]];
  const C_FIRST: Scenario['turns'] = [[2, false], [2, false], [2, false], [1, false], [1, true], [1, true], [1, true]];
  const ways = (one: Omit<Scenario, 'turns'>): [Scenario, Scenario['turns']] => [{ ...one, turns: B_FIRST }, C_FIRST];
  const EXAMPLES = [
    ways({ before: [], between: [{ who: a, what: 'no', day: 0 }], after: [{ who: c, what: 'yes', day: 0 }] }),
    ways({ before: [], between: [{ who: a, what: 'no', day: 10 }, { who: c, what: 'yes', day: 20 }], after: [] }),
    ways({ before: [{ who: c, what: 'order', day: 0 }], between: [{ who: a, what: 'no', day: 10 }, { who: c, what: 'yes', day: 20 }], after: [] }),
  ];
  const momentOf = ({ what, day: n }: { what: string; day: number }, from: number, i: number): Moment => at(day(from + n), what === 'order' ? order(`${from}-${i}`) : consent('email', what === 'yes'));

  const run = ({ before, between, after, turns }: Scenario): World => {
    const world: World = { written: { [a]: [], [b]: [], [c]: [] }, handed: { [a]: [], [b]: [], [c]: [] }, states: {}, orders: 0 };
    const add = (list: Scenario['before'], from: number) => list.forEach((one, i) => {
      if (one.what === 'order') world.orders++;
      world.written[one.who]!.push(momentOf(one, from, i));
    });
    const merge = (who: CustomerId, into: CustomerId, when: number) => {
      world.written[who]!.push(at(day(when), absorbed(who, into)));
      world.written[into]!.push(at(day(when), merged(who, into)));
    };
    add(before, 0);
    merge(c, b, 40);
    add(between, 50);
    merge(b, a, 90);
    add(after, 100);
    const step = (who: CustomerId, handedFirst: boolean): void => {
      const [one, other] = handedFirst ? [world.handed[who]!, world.written[who]!] : [world.written[who]!, world.handed[who]!];
      const next = one.shift() ?? other.shift();
      if (!next) return;
      const before = world.states[who]?.state;
      const decided = play(published, [next], parseState(before && serialiseState(before)), who);
      world.states[who] = decided;
      for (const [to, moment] of handed(decided, Math.max(next.at, day(90)))) world.handed[to]!.push(moment);
    };
    for (const [turn, handedFirst] of turns) step([a, b, c][turn]!, handedFirst);
    while ([a, b, c].some((who) => world.written[who]!.length + world.handed[who]!.length > 0)) for (const who of [a, b, c]) step(who, false);
    return world;
  };

  it('the survivor ends with the same measures, consent and timers whatever the interleaving', () =>
    fc.assert(fc.property(scenario, turnsOf, (one, turns) => {
      const [first, second] = [run(one), run({ ...one, turns })];
      for (const world of [first, second]) {
        const survivor = world.states[a]!;
        expect(counted(survivor)).toBe(world.orders);
        expect([survivor.state.pending, survivor.state.early]).toEqual([{}, {}]);
      }
      const seen = (world: World) => ({ word: word(world.states[a]!), latest: world.states[a]!.state.journeys['reactivation']?.latest, due: world.states[a]!.state.runs.map(({ timer }) => timer!.dueAt) });
      expect(seen(second)).toEqual(seen(first));
    }), { numRuns: 150, examples: EXAMPLES }));

  it('an opt-out of any of them from after all merges, or the last word before, is the survivor\'s', () =>
    fc.assert(fc.property(scenario, (one) => {
      const world = run({ ...one, between: [], after: [] });
      const words = (who: CustomerId) => one.before.map((touch, i) => ({ ...touch, i })).filter((touch) => touch.who === who && touch.what !== 'order').toSorted((x, y) => x.day - y.day || (x.what === 'no' ? 1 : -1)).at(-1)?.what;
      if ([a, b, c].some((who) => words(who) === 'no')) expect(word(world.states[a]!)).toBe('withdrawn');
    }), { numRuns: 100 }));
});
