import { describe, expect, it } from '@jest/globals';
import { checkCondition, type Kind, type Vocabulary } from './condition-check.ts';
import type { Condition } from './condition.ts';

const kinds: Record<string, Kind> = { place: 'text', total: 'decimal', whole: 'boolean', lines: 'list', email: 'personal', 'properties.x': 'any' };
const vocabulary: Vocabulary = { measures: { 'orders.count': 'number', 'orders.lastAt': 'instant', 'app.version': 'version' }, segments: new Set(['vip']), event: (path) => kinds[path] };
const issues = (condition: Condition) => checkCondition(condition, vocabulary, '/entry/where');

describe('a condition that can be evaluated', () => {
  it.each<[Condition]>([
    [{ measure: 'orders.count', atLeast: 2 }],
    [{ measure: 'orders.lastAt', olderThan: 'P90D', lessThan: '2026-01-01T00:00:00Z' }],
    [{ event: 'total', moreThan: '19.90', atMost: 100 }],
    [{ event: 'properties.x', oneOf: ['a', 1, true] }],
    [{ all: [{ event: 'email', exists: true }, { not: { event: 'lines', exists: false } }, { consent: { channel: 'email' } }, { reachable: 'push' }] }],
    [{ did: { event: 'OrderCompleted', sum: 'amount', less: [{ event: 'OrderCancelled', sum: 'amount' }], within: 'P180D' }, atLeast: '1000.00' }],
    [{ did: { event: 'Tracked', where: { all: [{ event: 'name', equals: 'Quiz Taken' }, { event: 'properties.score', atLeast: 5 }] } }, atLeast: 1 }],
    [{ did: { event: 'ProductViewed', then: { event: 'OrderCompleted', within: 'PT2H', happens: false }, within: 'P1D' }, atLeast: 1 }],
    [{ did: { event: 'OrderCompleted', take: 'first' }, anniversaryIn: 0 }],
    [{ all: [{ trait: 'plan', equals: 'gold' }, { trait: 'renewal', anniversaryIn: 7 }, { segment: 'vip' }, { measure: 'app.version', lessThan: '4.2' }, { today: { from: '2026-12-01', until: '2026-12-24', weekdays: ['sat'] } }] }],
  ])('%j has no issue', (condition) => expect(issues(condition)).toEqual([]));
});

describe('a condition that cannot', () => {
  it.each<[Condition, string, RegExp]>([
    [{ all: [{ measure: 'orders.cnt', equals: 1 }] }, '/entry/where/all/0/measure', /no measure "orders.cnt".*orders.count, orders.lastAt/],
    [{ any: [{ reachable: 'push' }, { not: { event: 'colour', equals: 'red' } }] }, '/entry/where/any/1/not/event', /properties\.colour/],
    [{ event: 'place', atLeast: 1 }, '/entry/where/atLeast', /is a text/],
    [{ event: 'email', equals: 'a@b.c' }, '/entry/where/equals', /personal/],
    [{ event: 'lines', equals: 1 }, '/entry/where/equals', /is a list/],
    [{ event: 'place', equals: 1 }, '/entry/where/equals', /in quotes/],
    [{ event: 'whole', equals: 'yes' }, '/entry/where/equals', /without quotes/],
    [{ event: 'total', equals: '1.1234567' }, '/entry/where/equals', /six places/],
    [{ measure: 'orders.count', atLeast: '2' }, '/entry/where/atLeast', /without quotes/],
    [{ measure: 'orders.lastAt', olderThan: '90 days' }, '/entry/where/olderThan', /P30D/],
    [{ measure: 'orders.lastAt', lessThan: 'yesterday' }, '/entry/where/lessThan', /ISO 8601/],
    [{ measure: 'toString', exists: true }, '/entry/where/measure', /no measure/],
    [{ measure: 'app.version', atLeast: 'new' }, '/entry/where/atLeast', /4\.2\.0/],
    [{ segment: 'vips' }, '/entry/where/segment', /no segment "vips".*vip/],
    [{ trait: 'plan', within: 'P1D' }, '/entry/where/within', /cannot|can be tested/],
    [{ trait: 'plan', anniversaryIn: 400 }, '/entry/where/anniversaryIn', /0 to 366/],
    [{ today: { from: '2026-02-30' } }, '/entry/where/today/from', /2026-12-24/],
    [{ today: { from: '2026-02-02', until: '2026-02-01' } }, '/entry/where/today', /before it begins/],
    [{ did: { event: 'OrderPlaced' }, atLeast: 1 }, '/entry/where/did/event', /no event "OrderPlaced"/],
    [{ did: { event: 'OrderCompleted', sum: 'place' }, atLeast: 1 }, '/entry/where/did/sum', /is text/],
    [{ did: { event: 'OrderCompleted', sum: 'worth' }, atLeast: 1 }, '/entry/where/did/sum', /no property/],
    [{ did: { event: 'OrderCompleted', sum: 'total', less: [{ event: 'OrderCancelled' }] }, atLeast: 1 }, '/entry/where/did/less/0', /both a sum/],
    [{ did: { event: 'OrderCompleted', sum: 'total', take: 'last' }, within: 'P1D' }, '/entry/where/did/take', /no sum/],
    [{ did: { event: 'OrderCompleted' }, within: 'P1D' }, '/entry/where/within', /is a number/],
    [{ did: { event: 'OrderCompleted', within: 'P9999D' }, atLeast: 1 }, '/entry/where/did/within', /ten years/],
    [{ did: { event: 'OrderCompleted', within: 'P1D', from: '2026-01-01T00:00:00Z' }, atLeast: 1 }, '/entry/where/did/within', /one or the other/],
    [{ did: { event: 'OrderCompleted', from: '2026-01-01T00:00:00Z', until: '2025-01-01T00:00:00Z' }, atLeast: 1 }, '/entry/where/did/until', /before from/],
    [{ did: { event: 'ProductViewed', then: { event: 'OrderCompleted', within: 'PT2H' } }, atLeast: 1 }, '/entry/where/did/within', /needed with then/],
    [{ did: { event: 'OrderCompleted', where: { measure: 'orders.count', atLeast: 1 } }, atLeast: 1 }, '/entry/where/did/where', /only properties/],
    [{ did: { event: 'OrderCompleted', where: { event: 'worth', atLeast: 1 } }, atLeast: 1 }, '/entry/where/did/where/event', /no property/],
  ])('%j tells where and what to do', (condition, path, message) => expect(issues(condition)).toEqual([{ path, message: expect.stringMatching(message) }]));

  it('says that there is no event where none is at hand', () =>
    expect(checkCondition({ event: 'place', equals: 'app' }, { ...vocabulary, event: null })).toEqual([{ path: '/event', message: expect.stringContaining('no event') }]));
});
