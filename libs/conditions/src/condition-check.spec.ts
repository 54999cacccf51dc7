import { describe, expect, it } from '@jest/globals';
import { checkCondition, type Kind, type Vocabulary } from './condition-check.ts';
import type { Condition } from './condition.ts';

const kinds: Record<string, Kind> = { place: 'text', total: 'decimal', whole: 'boolean', lines: 'list', email: 'personal', 'properties.x': 'any' };
const vocabulary: Vocabulary = { measures: { 'orders.count': 'number', 'orders.lastAt': 'instant' }, event: (path) => kinds[path] };
const issues = (condition: Condition) => checkCondition(condition, vocabulary, '/entry/where');

describe('a condition that can be evaluated', () => {
  it.each<[Condition]>([
    [{ measure: 'orders.count', atLeast: 2 }],
    [{ measure: 'orders.lastAt', olderThan: 'P90D', lessThan: '2026-01-01T00:00:00Z' }],
    [{ event: 'total', moreThan: '19.90', atMost: 100 }],
    [{ event: 'properties.x', oneOf: ['a', 1, true] }],
    [{ all: [{ event: 'email', exists: true }, { not: { event: 'lines', exists: false } }, { consent: { channel: 'email' } }, { reachable: 'push' }] }],
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
  ])('%j tells where and what to do', (condition, path, message) => expect(issues(condition)).toEqual([{ path, message: expect.stringMatching(message) }]));

  it('says that there is no event where none is at hand', () =>
    expect(checkCondition({ event: 'place', equals: 'app' }, { ...vocabulary, event: null })).toEqual([{ path: '/event', message: expect.stringContaining('no event') }]));
});
