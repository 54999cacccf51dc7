import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Touchpoint } from '@touchpoint/contracts';
import type { JourneyDocument } from '@touchpoint/journeys';
import { DAY, HOUR } from '@touchpoint/kernel';
import { reviewCommand } from './command-review.policy.ts';
import { decide } from './decide.ts';
import type { Decided, Timer } from './emission.ts';
import type { Input } from './input.ts';
import { emptyState, parseState, serialiseState, type CustomerState } from './state.ts';
import { about, consent, customer, device, email, inputOf, message, order, publish, type Moment } from './testing/given.ts';

const root = new URL('../../../', import.meta.url);
const files = Object.fromEntries(['journeys', 'templates'].flatMap((folder) => readdirSync(new URL(folder, root), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).map((file) => [relative(fileURLToPath(root), file), readFileSync(file, 'utf8')])));
/** A journey that goes round, sends, waits for its order's message and leaves on a cancellation. */
const reminder: JourneyDocument = {
  id: 'reminder', version: 1, name: 'Reminder', goal: 'g', entry: { event: 'OrderCompleted', where: { event: 'place', equals: 'app' } }, reentry: { rule: 'always' }, exitOn: [{ event: 'OrderCancelled', same: 'orderId' }],
  steps: [
    { id: 'wait', type: 'wait', for: 'P2D', next: 'often' },
    { id: 'often', type: 'branch', if: { measure: 'orders.count', atLeast: 2 }, then: 'push', else: 'end' },
    { id: 'push', type: 'send', channel: 'push', template: 'reactivation-push', class: 'marketing', guarantee: 'atLeastOnce', notAfter: 'P1D', variables: { orders: { measure: 'orders.count' } }, next: 'tapped' },
    { id: 'tapped', type: 'waitFor', events: ['MessageClicked'], of: 'push', within: 'P1D', then: 'end', else: 'push' },
    { id: 'end', type: 'exit' },
  ],
};
const published = publish({ ...files, 'journeys/reminder.json': JSON.stringify(reminder) }, 3);
const START = Date.parse('2026-01-01');
const me = customer('a');

type Op = Readonly<{ what: number; pick: number; days: number; late: number; history: boolean }>;
const op = fc.record({ what: fc.nat(18), pick: fc.nat(5), days: fc.nat(40), late: fc.constantFrom(0, 0, 0, HOUR, 2 * DAY, 100 * DAY), history: fc.boolean() });
const stream = (history: fc.Arbitrary<boolean>) => fc.array(fc.tuple(op, history).map(([one, is]): Op => ({ ...one, history: is })), { maxLength: 60, size: 'max' });
const rarely = fc.nat(5).map((n) => n === 0);

/** An address, a device and consent to both channels. */
const SET_UP: readonly Op[] = [[3, 0], [4, 0], [5, 0], [5, 1]].map(([what, pick]) => ({ what: what!, pick: pick!, days: 0, late: 0, history: false }));

type Lived = Readonly<{ inputs: readonly Input[]; decided: readonly Decided[]; state: CustomerState; left: readonly Timer[] }>;
/** Lives through a stream: touchpoints, outcomes of what was sent, timers of what was set. `now` never goes back; events may be late. */
const live = (chance: readonly Op[], setUp = SET_UP): Lived => {
  const [inputs, decided, timers, sent]: [Input[], Decided[], Map<string, Timer>, string[]] = [[], [], new Map(), []];
  let [state, now] = [emptyState, START];
  for (const { what, pick, days, late, history } of [...setUp, ...chance]) {
    now += days * DAY / 4;
    const commandId = sent[pick % Math.max(sent.length, 1)] ?? null;
    const touchpoints: readonly (() => Touchpoint)[] = [
      () => order(`${pick}`, { place: pick % 2 ? 'app' : 'web' }), () => order(`${days}`), () => order(`${days}`, { place: 'app' }), () => email(`e${pick}`), () => device(`d${pick}`), () => consent(pick % 2 ? 'email' : 'push', pick < 4),
      () => message('Unsubscribed', { channel: 'email' }), () => message('OrderCancelled', { orderId: `${pick}` }), () => about('MessageOpened', commandId), () => about('MessageClicked', commandId), () => message('ProductViewed', {}),
    ];
    const [timer] = [...timers.values()].toSorted((a, b) => a.dueAt - b.dueAt);
    let moment: Moment;
    if (what < touchpoints.length) moment = { at: now - late, received: now, message: touchpoints[what]!(), historical: history };
    else if (timer) {
      now = Math.max(now, timer.dueAt);
      timers.delete(timer.timerId);
      moment = { at: timer.dueAt, received: now, message: { type: 'TimerFired', data: timer } };
    } else continue;
    const input = inputOf(moment, inputs.length * 3, me);
    const next = decide(state, input, published);
    for (const id of next.timers.cancelled) timers.delete(id);
    for (const one of next.timers.set) timers.set(one.timerId, one);
    sent.push(...next.commands.map((command) => command.message.data.commandId));
    state = next.state;
    inputs.push(input);
    decided.push(next);
  }
  return { inputs, decided, state, left: [...timers.values()] };
};
const isHistorical = ({ recorded, message: { type } }: Input) => recorded.meta.historical && type !== 'TimerFired';
const ids = (timers: readonly { timerId: string }[]) => timers.map(({ timerId }) => timerId).toSorted();

describe('Effects happen once', () => {
  it('an input that comes again, at any time, changes nothing and emits nothing', () =>
    fc.assert(fc.property(stream(rarely), fc.nat(99), (ops, seed) => {
      const { inputs } = live(ops);
      let state = emptyState;
      inputs.forEach((input, i) => {
        state = decide(state, input, published).state;
        for (const again of [input, inputs[seed % (i + 1)]!]) {
          const repeat = decide(state, again, published);
          if (repeat.state !== state || [repeat.facts, repeat.commands, repeat.timers.set, repeat.timers.cancelled].flat().length) expect(repeat).toEqual('nothing');
        }
      });
    })));
  it('every command and every fact has an id of its own', () =>
    fc.assert(fc.property(stream(rarely), (ops) => {
      const { decided } = live(ops);
      for (const all of [decided.flatMap(({ commands }) => commands.map((command) => command.message.data.commandId)), decided.flatMap(({ facts }) => facts.map(({ messageId }) => messageId))]) expect(new Set(all).size).toBe(all.length);
    })));
  it('the timers set, less those cancelled and fired, are those of the runs that rest', () =>
    fc.assert(fc.property(stream(rarely), (ops) => {
      const { state, left } = live(ops);
      expect(ids(left)).toEqual(ids(state.runs.map(({ timer }) => ({ timerId: timer!.id }))));
    })));
  it('every run that was entered rests or has left, once', () =>
    fc.assert(fc.property(stream(rarely), (ops) => {
      const { decided, state } = live(ops);
      const facts = decided.flatMap((one) => one.facts).map(({ message: fact }) => fact);
      const moves = facts.flatMap((fact) => (fact.type === 'JourneysMoved' ? fact.data.moves : []));
      const of = (what: string) => moves.flatMap(({ move, runId }) => (move === what ? [runId] : []));
      expect([...of('exited'), ...state.runs.map(({ id }) => id)].toSorted()).toEqual(of('entered').toSorted());
    })));
});

describe('Replay equals live', () => {
  it('the same inputs give the same decisions, also when the state is written and read between any two', () =>
    fc.assert(fc.property(stream(rarely), fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }), (ops, cut) => {
      const { inputs, decided } = live(ops);
      let state = emptyState;
      inputs.forEach((input, i) => {
        if (cut[i]) {
          const read = parseState(serialiseState(state));
          if (!isDeepStrictEqual(read, state)) expect(read).toStrictEqual(state);
          state = read;
        }
        const again = decide(state, input, published);
        if (!isDeepStrictEqual(again, decided[i])) expect(again).toStrictEqual(decided[i]);
        state = again.state;
      });
    })));
  it('facts of our own are outputs: reading them changes nothing', () =>
    fc.assert(fc.property(stream(rarely), (ops) => {
      const { decided, inputs, state } = live(ops);
      const facts = decided.flatMap((one) => one.facts).filter(({ message: { type } }) => !['CustomerHandedOver', 'TouchpointHandedOn'].includes(type));
      facts.forEach(({ message: fact }, i) => expect(decide(state, inputOf({ at: START, message: fact }, inputs.length * 3 + i, me), published).state).toBe(state));
    })));
});

describe('History sends nothing', () => {
  it('not by itself, and not by a timer that was due before the import', () =>
    fc.assert(fc.property(stream(fc.constant(true)), fc.array(fc.record({ pick: fc.nat(40), ago: fc.nat(400) }), { maxLength: 5 }), (ops, forged) => {
      const imported = ops.filter(({ what }) => what < 11);
      const { inputs, decided, state } = live(imported, SET_UP.map((one) => ({ ...one, history: true })));
      expect(decided.flatMap(({ commands }) => commands)).toEqual([]);
      inputs.forEach((input, i) => {
        for (const timer of decided[i]!.timers.set) expect(timer.dueAt).toBeGreaterThan(input.recorded.meta.receivedAt);
      });
      let after = state;
      forged.forEach(({ pick, ago }, i) => {
        const run = after.runs[pick % Math.max(after.runs.length, 1)];
        const data = { timerId: run?.timer?.id ?? 'none', runId: 'r', journeyId: 'reactivation', stepId: 'quiet', dueAt: START - ago * DAY, historical: true };
        const fired = decide(after, inputOf({ at: START, message: { type: 'TimerFired', data } }, 1_000 + i, me), published);
        expect(fired.commands).toEqual([]);
        after = fired.state;
      });
    }), { numRuns: 200 }));
  it('nor among live events: no command follows from an imported one', () =>
    fc.assert(fc.property(stream(fc.boolean()), (ops) => {
      const { inputs, decided } = live(ops);
      inputs.forEach((input, i) => {
        if (isHistorical(input)) expect(decided[i]!.commands).toEqual([]);
      });
    })));
});

describe('Every decision explains itself', () => {
  it('each names its cause, its set and why; a command has the decision to send it beside it', () =>
    fc.assert(fc.property(stream(rarely), (ops) => {
      const { inputs, decided } = live(ops);
      inputs.forEach(({ recorded }, i) => {
        for (const { message: fact, causationId } of decided[i]!.facts) {
          expect(causationId).toBe(recorded.meta.messageId);
          const { why, causeOffset, setNumber } = fact.data as { why: string; causeOffset: number; setNumber: number };
          const { cause } = JSON.parse(why) as { cause: { messageId: string } };
          expect([causeOffset, setNumber, cause.messageId]).toEqual([recorded.position.offset, 3, recorded.meta.messageId]);
        }
        const told = decided[i]!.facts.flatMap(({ message: { type, data } }) => (type === 'MessageDecided' && data.verdict === 'send' ? [data.commandId] : []));
        expect(decided[i]!.commands.map((command) => command.message.data.commandId)).toEqual(told);
        for (const { message: fact } of decided[i]!.facts) if (fact.type === 'MessageDecided') expect(fact.data.reason === null).toBe(fact.data.verdict === 'send');
      });
    })));
});

describe('Consent', () => {
  it('every command passes the look at the last moment on the state it was decided on, and no marketing does after an opt-out', () =>
    fc.assert(fc.property(stream(rarely), (ops) => {
      const { inputs, decided } = live(ops);
      decided.forEach(({ commands, state }, i) => {
        const now = inputs[i]!.recorded.meta.receivedAt;
        for (const { message: { data } } of commands) {
          expect(reviewCommand(state, data, now)).toMatchObject({ allowed: true });
          const out = decide(state, inputOf({ at: now + 1, message: message('Unsubscribed', { channel: data.channel }) }, 9_999, me), published).state;
          expect(reviewCommand(out, data, now).allowed).toBe(data.messageClass === 'transactional');
        }
      });
    })));
});
