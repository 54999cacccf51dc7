import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { journeyChecker, type Known } from './journey-check.ts';
import type { JourneyDocument, Step } from './journey.ts';

const known: Known = {
  measures: { 'orders.count': 'number', 'orders.lastAt': 'instant' },
  segments: new Set(),
  templates: new Map([
    ['order-confirmation', { channel: 'email', variables: { orderId: {}, currency: {}, total: { optional: true }, lines: {} } }],
    ['reactivation-email', { channel: 'email', variables: { lastOrderAt: {}, orders: {} } }],
    ['reactivation-push', { channel: 'push', variables: { orders: {} } }],
  ]),
};
const checkJourney = journeyChecker();
const read = (file: string) => JSON.parse(readFileSync(new URL(`../../../journeys/${file}`, import.meta.url), 'utf8')) as JourneyDocument;
const reactivation = read('reactivation.json');
type Loose = Record<string, unknown>;
/** The shipped journey with one place changed. */
const changed = (path: string, value: unknown): unknown => {
  const copy = structuredClone(reactivation) as unknown as Loose;
  const names = path.split('/').slice(1);
  const last = names.pop()!;
  const parent = names.reduce((at, name) => at[name] as Loose, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
};
const steps = (...list: readonly Partial<Record<string, unknown>>[]): unknown => ({ ...reactivation, steps: list as unknown as Step[] });

describe('the journeys that ship', () => {
  it.each(readdirSync(new URL('../../../journeys/', import.meta.url)))('%s has no fault', (file) => expect(checkJourney(read(file), known)).toEqual([]));
});

describe('a journey of the wrong shape', () => {
  it.each<[string, unknown, string, RegExp]>([
    ['/entry', undefined, '', /needs "entry"/],
    ['/id', 'Re Activation', '/id', /"Re Activation" is not lower-case words/],
    ['/entri', {}, '/entri', /slip in its name/],
    ['/steps/0/for', '90 days', '/steps/0/for', /"90 days" is not an ISO 8601 duration/],
    ['/steps/0/for', 'P', '/steps/0/for', /duration/],
    ['/steps/0/type', 'sleep', '/steps/0/type', /"sleep" is none of wait, waitFor, branch, send, exit/],
    ['/steps/0/next', undefined, '/steps/0', /needs "next"/],
    ['/steps/0/nxt', 'email', '/steps/0/nxt', /slip/],
    ['/steps/1/class', 'urgent', '/steps/1/class', /transactional, marketing/],
    ['/steps/1/link', 'screens/new', '/steps/1/link', /absolute link/],
    ['/steps/1/variables/orders', { field: 'x' }, '/steps/1/variables/orders', /one of event, measure and value/],
    ['/steps/2/where', {}, '/steps/2/where', /one of all, any, not, measure, did, trait, event, segment, today, consent and reachable/],
    ['/steps/2/where', { measure: 'orders.count' }, '/steps/2/where', /at least one test/],
    ['/steps/2/where', { all: [{ reachable: 'fax' }] }, '/steps/2/where/all/0/reachable', /email, sms, push/],
    ['/steps/2/where', { event: 'automatic', equal: true }, '/steps/2/where/equal', /slip/],
    ['/steps/2/where', { event: 'a', measure: 'b', equals: 1 }, '/steps/2/where', /two conditions/],
    ['/reentry', { rule: 'oncePer' }, '/reentry', /needs "key"/],
    ['/reentry', { rule: 'restart', key: 'orderId' }, '/reentry/key', /slip/],
    ['/steps', [], '/steps', /fewer than 1/],
  ])('at %s (%j) is told where and what to do', (path, value, where, message) =>
    expect(checkJourney(changed(path, value), known)).toContainEqual({ path: where, message: expect.stringMatching(message) }));
  it('is told no more than what is wrong', () => expect(checkJourney(changed('/steps/2/where', { all: [{ reachable: 'fax' }] }), known)).toHaveLength(1));
  it.each([null, [], 'x', 1])('%j is no journey', (document) => expect(checkJourney(document, known)).toEqual([{ path: '', message: 'must be object' }]));
});

describe('a journey that means nothing', () => {
  it.each<[string, unknown, string, RegExp]>([
    ['/entry/event', 'OrderPlaced', '/entry/event', /no event "OrderPlaced".*OrderCompleted/],
    ['/entry/event', 'JourneysMoved', '/entry/event', /no event/],
    ['/entry/where', { event: 'colour', equals: 'red' }, '/entry/where/event', /properties\.colour/],
    ['/entry/where', { event: 'personal', exists: true, equals: 'x' }, '/entry/where/equals', /personal/],
    ['/entry/where', { any: [{ measure: 'orders.cnt', equals: 1 }] }, '/entry/where/any/0/measure', /orders\.count/],
    ['/reentry', { rule: 'oncePer', key: 'lines' }, '/reentry/key', /list/],
    ['/reentry', { rule: 'oncePer', key: 'nr' }, '/reentry/key', /no property/],
    ['/exitOn', [{ event: 'OrderCanceled' }], '/exitOn/0/event', /no event/],
    ['/exitOn', [{ event: 'OrderCancelled', same: 'place.x' }], '/exitOn/0/same', /no property/],
    ['/steps/0/for', 'PT0S', '/steps/0/for', /longer than nothing/],
    ['/steps/0/next', 'mail', '/steps/0/next', /no step "mail"; there are quiet, email/],
    ['/steps/3/id', 'email', '/steps/3/id', /step 1 already/],
    ['/steps/1/template', 'winback', '/steps/1/template', /no template "winback"; there are order-confirmation/],
    ['/steps/1/template', 'reactivation-push', '/steps/1/template', /for push.*by email/],
    ['/steps/1/variables/orders', undefined, '/steps/1/variables', /needs "orders"/],
    ['/steps/1/variables/more', { value: 1 }, '/steps/1/variables/more', /no variable "more"/],
    ['/steps/1/variables/orders', { measure: 'orders' }, '/steps/1/variables/orders/measure', /no measure/],
    ['/steps/1/variables/orders', { event: 'personal' }, '/steps/1/variables/orders/event', /personal/],
    ['/steps/1/variables/orders', { event: 'nothing' }, '/steps/1/variables/orders/event', /no property/],
    ['/steps/1/link', 'javascript:x', '/steps/1/link', /runs code/],
    ['/steps/1/purpose', 'transactional', '/steps/1/purpose', /cannot go out as transactional/],
    ['/steps/2/of', 'quiet', '/steps/2/of', /no step that sends/],
    ['/steps/2/events', ['OrderCompleted'], '/steps/2/events/0', /not about a message/],
    ['/steps/2/then', 'push', '/steps/4', /nothing leads to the step "reached"/],
  ])('at %s (%j) is told where and what to do', (path, value, where, message) =>
    expect(checkJourney(changed(path, value), known)).toContainEqual({ path: where, message: expect.stringMatching(message) }));
});

describe('a circle', () => {
  const branch = (id: string, then: string, otherwise: string) => ({ id, type: 'branch', if: { reachable: 'email' }, then, else: otherwise });
  it('without a wait is refused, and shown', () =>
    expect(checkJourney(steps(branch('a', 'b', 'end'), branch('b', 'a', 'end'), { id: 'end', type: 'exit' }), known)).toEqual([{ path: '/steps/1', message: expect.stringContaining('a → b → a') }]));
  it('of one step is refused', () => expect(checkJourney(steps(branch('a', 'a', 'end'), { id: 'end', type: 'exit' }), known)).toEqual([{ path: '/steps/0', message: expect.stringContaining('a → a') }]));
  it('with a wait is fine', () => expect(checkJourney(steps(branch('a', 'w', 'end'), { id: 'w', type: 'wait', for: 'P7D', next: 'a' }, { id: 'end', type: 'exit' }), known)).toEqual([]));
});
