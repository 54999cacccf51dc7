import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { holds, type Condition } from '@touchpoint/conditions';
import type { Touchpoint } from '@touchpoint/contracts';
import { DAY, HOUR, parseDecimal, type Decimal } from '@touchpoint/kernel';
import { decide } from './decide.ts';
import type { Decided, Timer } from './emission.ts';
import { foldHistory } from './history.ts';
import { NOTHING_FILLED } from './part.ts';
import { outlookOf } from './sight.ts';
import { emptyState, parseState, serialiseState } from './state.ts';
import { at, customer, device, email, fired, given, historical, inputOf, message, order, play, publish, told, type Moment } from './testing/given.ts';

const segment = (id: string, when: Condition) => ({ [`segments/${id}.json`]: JSON.stringify({ id, version: 1, name: id, when }) });
const files = {
  ...segment('buyers', { measure: 'orders.count', atLeast: 1 }),
  ...segment('often', { did: { event: 'OrderCompleted', within: 'P30D' }, atLeast: 2 }),
  ...segment('lapsed', { did: { event: 'OrderCompleted', take: 'last' }, olderThan: 'P90D' }),
  ...segment('gone', { all: [{ segment: 'lapsed' }, { not: { measure: 'app.opens', atLeast: 1 } }] }),
  ...segment('undecided', { did: { event: 'ProductViewed', then: { event: 'OrderCompleted', within: 'PT2H', happens: false }, within: 'P7D' }, atLeast: 1 }),
  ...segment('gold', { trait: 'plan', equals: 'gold' }),
  ...segment('old-app', { measure: 'app.version', lessThan: '4.2' }),
  ...segment('christmas', { all: [{ today: { from: '2026-12-20', until: '2026-12-24' } }, { reachable: 'push' }] }),
  ...segment('new-here', { measure: 'lifecycle', equals: 'new' }),
  ...segment('big', { did: { event: 'OrderCompleted', sum: 'amount', less: [{ event: 'OrderCancelled', sum: 'amount' }], within: 'P180D' }, atLeast: '100' }),
};
const published = publish(files);
const only = (...ids: readonly string[]) => publish(Object.fromEntries(Object.entries(files).filter(([file]) => ids.some((id) => file === `segments/${id}.json`))));
const START = Date.parse('2026-11-01T09:00:00Z');
const days = (count: number) => START + count * DAY;
const first = ({ timers }: Decided) => timers.set[0]!;
const paid = (total: string) => order('o', { total: parseDecimal(total)! });
const viewed = () => message('ProductViewed', {});
const opened = (appVersion: string, timeZone = 'Europe/Zurich') => message('ApplicationOpened', { context: { ...message('ApplicationOpened', { }).data.context!, appName: null, appVersion, appBuild: null, osName: null, osVersion: null, deviceClass: null, deviceMaker: null, deviceModel: null, locale: 'de-CH', timeZone, screenWidth: null, screenHeight: null } });

describe('a segment', () => {
  it('is entered and left within the event that does it', () => {
    const set = only('gold');
    given(set).when(at(START, message('TraitsSet', { traits: '{"plan":"gold"}' }))).then('enters segment gold');
    given(set, at(START, message('TraitsSet', { traits: '{"plan":"gold"}' }))).when(at(days(1), message('TraitsSet', { traits: '{"plan":"basic"}' }))).then('leaves segment gold');
    given(set, at(START, message('TraitsSet', { traits: '{"plan":"gold"}' }))).when(at(days(1), message('TraitsSet', { removed: ['plan'] }))).then('leaves segment gold');
  });
  it('is entered at the instant at which only time brings it about', () => {
    given(only('lapsed'), at(START, order('1'))).when((past) => fired(first(past))).then('enters segment lapsed');
    expect(first(play(only('lapsed'), [at(START, order('1'))])).dueAt).toBe(days(90));
  });
  it('waits anew when the event comes again', () =>
    given(only('lapsed'), at(START, order('1'))).when(at(days(10), order('2'))).then('cancels a timer', 'timer segments 2027-02-09T09:00'));
  it('is left and entered by what leaves a window', () => {
    const set = only('often');
    given(set, at(START, order('1'))).when(at(days(3), order('2'))).then('enters segment often', 'timer segments 2026-12-01T09:00:00.001Z');
    given(set, at(START, order('1')), at(days(3), order('2'))).when((past) => fired(past.timers.set.at(-1)!)).then('leaves segment often');
  });
  it('that looks at another one moves with it', () =>
    given(only('lapsed', 'gone'), at(START, order('1'))).when((past) => fired(first(past)), at(days(91), opened('1'))).then('enters segment lapsed', 'enters segment gone', 'leaves segment gone'));
  it('holds who viewed and did not order in time', () => {
    given(only('undecided'), at(START, viewed())).when((past) => fired(first(past))).then('enters segment undecided', 'timer segments 2026-11-08T11:00:00.001Z');
    given(only('undecided'), at(START, viewed())).when(at(START + HOUR, order('1'))).then('cancels a timer');
  });
  it('goes by the customer’s own calendar', () => {
    const set = only('christmas');
    expect(told(play(set, [at(START, device('d')), at(START + 1, opened('4', 'America/New_York'))]))).toEqual(['cancels a timer', 'timer segments 2026-12-20', 'timer segments 2026-12-20T05:00']);
  });
  it('compares versions of the app that was used last', () =>
    expect(told(play(only('old-app'), [at(START, opened('4.1.9')), at(days(1), opened('4.10')), at(days(-1), opened('4.0'))]))).toEqual(['enters segment old-app', 'leaves segment old-app']));
  it('knows where a customer stands in its life', () =>
    given(only('new-here'), at(START, order('1'))).when((past) => fired(first(past))).then('leaves segment new-here'));
  it('holds whoever the shop knows by an id of its own, and nobody else', () => {
    const set = publish(segment('known', { measure: 'identity.knownAt', exists: true }));
    const linked = (kind: 'user' | 'device') => message('IdentitiesLinked', { customerId: customer('a'), linked: [{ kind, key: 'k' as never, movedFrom: null }] });
    expect([play(set, [at(START, linked('device'))]), play(set, [at(START, linked('user')), at(days(1), linked('user'))])].map(told)).toEqual([[], ['enters segment known']]);
  });
  it('sums exactly, cancellations deducted', () =>
    expect(told(play(only('big'), [at(START, paid('99.99')), at(days(1), paid('0.01')), at(days(2), message('OrderCancelled', { total: parseDecimal('0.01')! }))])).filter((line) => line.includes('big'))).toEqual(['enters segment big', 'leaves segment big']));
  it('is known with its reason', () => {
    const { facts } = play(only('big'), [at(START, paid('100'))]);
    expect(facts.map(({ message: fact }) => fact)).toEqual([{ type: 'SegmentEntered', data: { segmentId: 'big', at: START, initial: false, setNumber: 1, causeOffset: 0,
      why: JSON.stringify({ cause: { type: 'OrderCompleted', messageId: 'm0' }, if: { look: 'did sum of amount over OrderCompleted less sum of amount over OrderCancelled, within P180D', saw: '100', want: { atLeast: '100', at: new Date(START).toISOString() }, holds: true } }) } }]);
  });
  it('a late timer makes each change at its own instant', () => {
    const past = play(published, [at(START, order('1')), at(days(3), order('2'))]);
    const { facts } = play(published, [fired(past.timers.set.at(-1)!, days(200))], past.state, customer('a'), past.next);
    expect(facts.flatMap(({ message: { type, data } }) => (type === 'SegmentEntered' || type === 'SegmentLeft' ? [`${type} ${data.segmentId} ${new Date(data.at).toISOString()}`] : []))).toEqual([
      'SegmentLeft new-here 2026-12-01T09:00:00.001Z', 'SegmentLeft often 2026-12-01T09:00:00.001Z', 'SegmentEntered lapsed 2027-02-02T09:00:00.000Z', 'SegmentEntered gone 2027-02-02T09:00:00.000Z',
    ]);
  });
  it('is that of history, too, as of now', () =>
    given(only('lapsed', 'buyers')).when(historical(days(-400), START, order('1'))).then('enters segment buyers', 'enters segment lapsed'));
  it('is left by who was erased', () =>
    given(only('buyers', 'lapsed'), at(START, order('1'))).when(at(days(1), message('CustomerErased', { customerId: customer('a') }))).then('leaves segment buyers: erased', 'cancels a timer'));
});

describe('a customer that becomes a part of another', () => {
  const set = only('buyers', 'often');
  it('leaves its segments; the survivor is in those of both', () => {
    const absorbed = play(set, [at(START, order('1')), at(days(1), message('CustomerAbsorbed', { customerId: customer('a'), survivorId: customer('b') }))]);
    expect(told(absorbed)).toEqual(['enters segment buyers', 'leaves segment buyers: merged', 'hands over to customer-b']);
    const hand = absorbed.facts.at(-1)!.message as Moment['message'];
    const survivor = play(set, [at(days(1), order('2')), at(days(1), message('CustomerMerged', { customerId: customer('b'), absorbedId: customer('a') })), at(days(1), hand)], emptyState, customer('b'));
    expect(told(survivor).filter((line) => line.includes('segment'))).toEqual(['enters segment buyers', 'enters segment often', 'timer segments 2026-12-01T09:00:00.001Z']);
    const apart = play(set, [at(days(2), message('CustomerSplit', { customerId: customer('b'), memberId: customer('a') }))], survivor.state, customer('b'), survivor.next);
    expect(told(apart)).toEqual(['leaves segment often', 'cancels a timer']);
  });
});

it('a hand-over of an engine that knew no segments is taken', () => {
  const state = JSON.stringify({ via: customer('a'), hops: 1, joinedAt: START, parts: { [customer('a')]: { measures: { 'orders.count': 1 }, consents: {}, suppressions: {}, contacts: {} } }, pending: [], journeys: {}, resting: {} });
  const hand = message('CustomerHandedOver', { fromCustomerId: customer('a'), toCustomerId: customer('b'), stateVersion: 1, state, causeOffset: 0 });
  expect(told(play(only('buyers', 'often'), [at(START, hand)], emptyState, customer('b')))).toEqual(['enters segment buyers']);
});

describe('a journey', () => {
  const journey = (entry: object, more: object = {}) => ({ 'journeys/j.json': JSON.stringify({
    id: 'j', version: 1, name: 'J', goal: 'g', entry, reentry: { rule: 'always' }, steps: [{ id: 'rest', type: 'wait', for: 'P400D', next: 'end' }, { id: 'end', type: 'exit' }], ...more,
  }) });
  const lapsed = { event: 'segmentId', equals: 'lapsed' };
  const set = publish({ ...segment('lapsed', { measure: 'orders.lastAt', olderThan: 'P90D' }), ...journey({ event: 'SegmentEntered', where: lapsed }, { exitOn: [{ event: 'SegmentLeft', where: lapsed }] }) });
  it('is entered with a segment, by an event or by time alone, and left with it', () => {
    given(set, at(START, order('1'))).when((past) => fired(first(past))).then('enters segment lapsed', 'enters j', 'timer rest 2028-03-05T09:00');
    given(set, at(START, order('1')), at(days(90), { type: 'TimerFired', data: { ...first(play(set, [at(START, order('1'))])) } })).when(at(days(95), order('2'))).then('leaves segment lapsed', 'leaves j: exit event', 'cancels a timer', 'timer segments 2027-05-05T09:00');
  });
  it('is entered once for each time that the segment is, also by a timer that is late', () => {
    const often = publish({ ...files, ...journey({ event: 'SegmentLeft' }) });
    const past = play(often, [at(START, order('1')), at(days(3), order('2'))]);
    const late = play(often, [fired(past.timers.set.at(-1)!, days(200))], past.state, customer('a'), past.next);
    expect(late.facts.flatMap(({ message: { type, data } }) => (type === 'JourneysMoved' ? data.moves.map(({ runId, move }) => [runId, move]) : []))).toHaveLength(2);
    expect(new Set(late.state.runs.map(({ id }) => id)).size).toBe(2);
  });
  it('is not entered by who was found in a segment that is new, nor by history', () => {
    const before = play(publish({}, 1, 0), [at(days(-100), order('1'))]);
    const found = play(publish({ ...segment('lapsed', { measure: 'orders.lastAt', olderThan: 'P90D' }), ...journey({ event: 'SegmentEntered', where: lapsed }) }, 2), [at(START, email('a'))], before.state, customer('a'), before.next);
    expect(told(found)).toEqual(['enters segment lapsed, found there']);
    given(set).when(historical(days(-400), START, order('1'))).then('enters segment lapsed');
    // Not even by a timer that is due long after the import, unless the customer has done something since.
    given(set, historical(days(-10), START, order('1'))).when((past) => fired(first(past))).then('enters segment lapsed');
    given(set, historical(days(-10), START, order('1')), at(days(1), email('a'))).when((past) => fired(first(past))).then('enters segment lapsed', 'enters j', 'timer rest 2028-02-24T09:00');
  });
  it('says of a segment that there is none', () =>
    expect(() => publish(journey({ event: 'SegmentEntered', where: { event: 'segmentId', oneOf: ['lapsd'] } }))).toThrow(/no segment "lapsd"/));
});

describe('segments that are new', () => {
  const before = publish({}, 1, 0);
  const existing = play(before, [at(START, order('1')), at(days(1), order('2'))]);
  it('wait until what they need of history is there; then whoever is in one was found there', () => {
    const waiting = publish(files, 2, 1);
    const filled = [order('1'), order('2')].map((happened, i) => inputOf(at(days(i), happened), i, customer('a'))).reduce((history, input) => foldHistory(history, input, waiting), NOTHING_FILLED);
    const still = play(waiting, [at(days(2), message('HistoryFilled', { setNumber: 2, filled: JSON.stringify(filled) }))], existing.state, customer('a'), existing.next);
    expect(told(still)).toEqual([]);
    const live = play(publish(files, 2), [at(days(3), { type: 'TimerFired', data: { timerId: 'review', runId: null, journeyId: null, stepId: null, dueAt: days(3), historical: false } })], still.state, customer('a'), still.next);
    expect(told(live).filter((line) => line.includes('enters'))).toEqual(['enters segment buyers, found there', 'enters segment new-here, found there', 'enters segment often, found there']);
  });
  it('that are gone are left', () => {
    const inside = play(published, [at(START, order('1'))]);
    expect(told(play(publish({}, 2), [at(days(1), email('a'))], inside.state, customer('a'), inside.next))).toEqual(['leaves segment buyers: archived', 'leaves segment new-here: archived', 'cancels a timer']);
  });
});

type Op = Readonly<{ what: number; pick: number; hours: number; late: number; history: boolean }>;
const op = fc.record({ what: fc.nat(9), pick: fc.nat(5), hours: fc.oneof(fc.nat(5), fc.nat(24 * 60)), late: fc.constantFrom(0, 0, HOUR, 40 * DAY), history: fc.nat(9).map((n) => n === 0) });
type Step = Readonly<{ decided: Decided; now: number; input: ReturnType<typeof inputOf> }>;
/** Lives through a stream; every timer fires when it is due. */
const live = (ops: readonly Op[]): readonly Step[] => {
  const [steps, timers]: [Step[], Map<string, Timer>] = [[], new Map()];
  let [state, now] = [emptyState, START];
  const take = (moment: Moment): void => {
    const input = inputOf(moment, steps.length, customer('a'));
    const decided = decide(state, input, published);
    for (const id of decided.timers.cancelled) timers.delete(id);
    for (const timer of decided.timers.set) timers.set(timer.timerId, timer);
    ({ state } = decided);
    steps.push({ decided, now: moment.received ?? moment.at, input });
  };
  const fireUntil = (until: number): void => {
    for (;;) {
      const next = [...timers.values()].filter(({ dueAt }) => dueAt <= until).sort((a, b) => a.dueAt - b.dueAt)[0];
      if (!next || steps.length > 2_000) return;
      timers.delete(next.timerId);
      take(fired(next));
    }
  };
  for (const { what, pick, hours, late, history } of ops) {
    now += hours * HOUR;
    fireUntil(now);
    const happened: readonly (() => Touchpoint)[] = [
      () => order(`${pick}`, { total: BigInt(pick * 40_000_000) as Decimal }), () => order(`${pick}`, { total: BigInt(pick * 40_000_000) as Decimal }), viewed, () => message('OrderCancelled', { total: BigInt(pick * 10_000_000) as Decimal }),
      () => message('TraitsSet', { traits: JSON.stringify({ plan: pick % 2 ? 'gold' : 'basic' }) }), () => opened(`4.${pick}`, pick % 2 ? 'Asia/Tokyo' : 'America/Lima'), () => device('d'), () => message('DeviceRemoved', { deviceKey: device('d').data.deviceKey }), () => message('TraitsSet', { removed: ['plan'] }), viewed,
    ];
    take({ at: now - late, received: now, message: happened[what]!(), historical: history });
  }
  fireUntil(now + 400 * DAY);
  return steps;
};
const stream = fc.array(op, { maxLength: 40, size: 'max' });

describe('Membership is live', () => {
  it('is at every instant what the condition says then, once what is due has fired', () =>
    fc.assert(fc.property(stream, (ops) => {
      const steps = live(ops);
      steps.forEach(({ decided: { state }, now }, i) => {
        // The instants up to the next thing that happens: its beginning, its end, and one between.
        const until = steps[i + 1]?.now ?? now + 30 * DAY;
        for (const instant of [now, Math.floor((now + until) / 2), until - 1]) {
          if (instant < now || instant < (state.review.at ?? 0)) continue;
          const sight = outlookOf(state, published).sightAt(instant);
          for (const { id, when } of published.segments) if ((state.segments[id]?.since !== undefined) !== holds(when, sight)) throw new Error(`${id} at ${new Date(instant).toISOString()} behind input ${i}: ${JSON.stringify(state.segments)}`);
        }
      });
    }), { numRuns: 150 }));
  it('every segment that was left had been entered, and the facts alone tell who is in', () =>
    fc.assert(fc.property(stream, (ops) => {
      const inside = new Set<string>();
      for (const { decided: { facts, state } } of live(ops)) {
        for (const { message: { type, data } } of facts) {
          if (type === 'SegmentEntered') expect(inside.has(data.segmentId) || !inside.add(data.segmentId)).toBe(false);
          if (type === 'SegmentLeft') expect(inside.delete(data.segmentId)).toBe(true);
        }
        expect([...inside].sort()).toEqual(Object.entries(state.segments).flatMap(([id, { since }]) => (since === undefined ? [] : [id])).sort());
      }
    }), { numRuns: 150 }));
  it('comes out the same when it is decided again from what was written', () =>
    fc.assert(fc.property(stream, (ops) => {
      let state = emptyState;
      for (const { decided, input } of live(ops)) {
        const again = decide(parseState(serialiseState(state)), input, published);
        expect(again.facts).toEqual(decided.facts);
        expect(again.timers).toEqual(decided.timers);
        ({ state } = again);
      }
    }), { numRuns: 60 }));
});
