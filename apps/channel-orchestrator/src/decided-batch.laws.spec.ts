import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY, type CustomerId } from '@touchpoint/kernel';
import { decodeOrigin, ORIGIN, type MessageWriter } from '@touchpoint/log';
import { decide, emptyState, parseState, serialiseState, type CustomerState, type Input } from '@touchpoint/orchestration';
import { about, consent, customer, device, email, fired, inputOf, message, order, publish } from '@touchpoint/orchestration/testing';
import { DecidedBatch } from './decided-batch.ts';
import { Emitted } from './emitted.ts';

const root = new URL('../../../', import.meta.url);
const files = Object.fromEntries(['journeys', 'templates'].flatMap((folder) => readdirSync(new URL(folder, root), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).map((file) => [relative(fileURLToPath(root), file), readFileSync(file, 'utf8')])));
const published = publish(files, 1);

const writer: MessageWriter = { write: (type, data) => Buffer.from(`${type} ${JSON.stringify(data, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`) };
const TOPICS = { timeline: 'timeline', commands: 'commands', urgentCommands: 'urgent', partitionsOf: () => 2 };
const START = Date.parse('2026-01-01');
const CUSTOMERS = ['a', 'b'].map(customer);

const happenings = fc.array(fc.record({ what: fc.nat(13), pick: fc.nat(4), who: fc.nat(1), days: fc.nat(60) }), { maxLength: 40, size: 'max' });
/** What lies on a partition of the timeline: touchpoints of two customers, the timers that follow from them, and now and then a record that stands there already. */
const inputsOf = (chance: readonly Readonly<{ what: number; pick: number; who: number; days: number }>[]): readonly Input[] => {
  const setUp = CUSTOMERS.flatMap((_, who) => [3, 4, 5, 6].map((what) => ({ what, pick: 1, who, days: 0 })));
  const [inputs, states, timers]: [Input[], Map<CustomerId, CustomerState>, Map<string, Readonly<{ of: CustomerId; moment: ReturnType<typeof fired> }>>] = [[], new Map(), new Map()];
  let [now, sent] = [START, null as string | null];
  for (const { what, pick, who, days } of [...setUp, ...chance]) {
    now += days * DAY / 4;
    const of = CUSTOMERS[who]!;
    const [due] = [...timers].sort(([, a], [, b]) => a.moment.at - b.moment.at);
    const touchpoints = [() => order(`${pick}`), () => order(`${days}`, { place: 'app' }), () => message('OrderCancelled', { orderId: `${pick}` }), () => email(`e${pick}`), () => device(`d${pick}`), () => consent('email', pick > 0), () => consent('push', pick > 0),
      () => about('MessageOpened', sent), () => message('ProductViewed', {})];
    let [whose, moment] = [of, what < touchpoints.length ? { at: now, message: touchpoints[what]!() } : undefined] as [CustomerId, Parameters<typeof inputOf>[0] | undefined];
    if (!moment && due) {
      timers.delete(due[0]);
      now = Math.max(now, due[1].moment.at);
      [whose, moment] = [due[1].of, { ...due[1].moment, received: now }];
    }
    const input = moment ? inputOf(moment, inputs.length + 1, whose) : inputs[pick];
    if (!input) continue;
    inputs.push(input);
    const next = decide(states.get(input.recorded.customerId) ?? emptyState, input, published);
    states.set(input.recorded.customerId, next.state);
    for (const id of next.timers.cancelled) timers.delete(id);
    for (const timer of next.timers.set) timers.set(timer.timerId, { of: whose, moment: fired(timer) });
    sent = next.commands.at(-1)?.message.data.commandId ?? sent;
  }
  return inputs;
};

type Batches = readonly Readonly<{ size: number; lost: boolean }>[];
/** What is committed and sent when all of it has been decided on, in these batches; one that is lost was not committed, and whoever has the partition then reads it again. */
const outcomeOf = (inputs: readonly Input[], batches: Batches) => {
  const [states, timers, records]: [Map<CustomerId, string>, Map<string, string>, string[]] = [new Map(), new Map(), []];
  let sent: ReadonlyMap<string, number> = new Map();
  let losses = 0;
  for (let next = 0, turn = 0; next < inputs.length; turn += 1) {
    const { size, lost } = batches[turn % batches.length]!;
    const some = inputs.slice(next, next + size);
    const batch = new DecidedBatch(new Emitted(sent, 'o.1/timeline/0/1', TOPICS, { timeline: writer, commands: writer }));
    const missing = batch.missing(some);
    batch.loaded(missing, new Map(missing.flatMap((id) => (states.has(id) ? [[id, parseState(states.get(id)!)]] : []))));
    for (const input of some) batch.decide(input, published, undefined);
    if (lost && (losses += 1) <= batches.length) continue;
    const effects = batch.effects();
    for (const [id, state] of effects.states) states.set(id, serialiseState(state));
    // One statement does both, in no order.
    expect(effects.set.filter(({ timerId }) => effects.dropped.includes(timerId))).toEqual([]);
    for (const { timerId, customerId, dueAt, timer } of effects.set) timers.set(timerId, `${customerId} ${dueAt} ${timer}`);
    for (const id of effects.dropped) timers.delete(id);
    records.push(...effects.records.map(({ topic, partition, key, value, headers }) => `${topic}/${partition} ${decodeOrigin(headers[ORIGIN])!.seq} ${key} ${value.toString()}`));
    sent = batch.sent;
    next += size;
  }
  return { states, timers, records, sent };
};

describe('Effects happen once: decisions', () => {
  it('are those of one input after another, in whatever batches they are made and whoever loses the partition in between', () =>
    fc.assert(fc.property(happenings, fc.array(fc.record({ size: fc.integer({ min: 1, max: 9 }), lost: fc.boolean() }), { minLength: 1, maxLength: 9 }), (chance, batches) => {
      const inputs = inputsOf(chance);
      expect(outcomeOf(inputs, batches)).toEqual(outcomeOf(inputs, [{ size: 1, lost: false }]));
    }), { numRuns: 300 }));
  it('have something to lose', () => {
    const { records, timers } = outcomeOf(inputsOf([{ what: 0, pick: 1, who: 0, days: 0 }, { what: 12, pick: 0, who: 0, days: 400 }, { what: 12, pick: 0, who: 0, days: 40 }]), [{ size: 3, lost: true }]);
    expect(records.map((record) => record.split(' ')[3])).toEqual(expect.arrayContaining(['JourneysMoved', 'MessageDecided', 'SendMessage']));
    expect(timers.size).toBeGreaterThan(0);
  });
});
