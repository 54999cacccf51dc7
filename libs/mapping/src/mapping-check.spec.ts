import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { mappingChecker } from './mapping-check.ts';
import { invoices, mappingWith } from './mapping.fixture.ts';

const ROOT = join(import.meta.dirname, '../../..');
const documentAt = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as object;
const checkDocument = mappingChecker(documentAt('schemas/mapping.schema.json'));
const issues = (document: unknown) => {
  const checked = checkDocument(document);
  return 'issues' in checked ? checked.issues : [];
};
const [event] = invoices.events;
const withEvent = (parts: object) => mappingWith({ events: [{ ...event, ...parts }] });
const withColumn = (column: unknown) => mappingWith({ columns: { ...invoices.columns, Extra: column } });

describe('a mapping that can be used', () => {
  it.each(readdirSync(join(ROOT, 'mappings')).filter((name) => name.endsWith('.json')))('mappings/%s has no issue', (name) => expect(issues(documentAt(`mappings/${name}`))).toEqual([]));
  it('nor has the one of these specs', () => expect(issues(invoices)).toEqual([]));
});

describe('a mapping that cannot', () => {
  it.each<[string, unknown, string, RegExp]>([
    ['no object', [], '', /Expected object/],
    ['no name', mappingWith({ name: undefined }), '', /"name" is missing/],
    ['a name with a space', mappingWith({ name: 'My shop' }), '/name', /a-z, 0-9/],
    ['a word that is not known', { ...invoices, colums: {} }, '', /no "colums" here; there are .*"columns"/],
    ['another format', mappingWith({ format: 'xlsx' }), '/format', /one of "csv", "ndjson"/],
    ['a type that is not known', withColumn('money'), '/columns/Extra', /one of "text", "decimal"/],
    ['a column with a wrong option', withColumn({ type: 'text', zone: 'UTC' }), '/columns/Extra/zone', /"zone" is for time/],
    ['a time pattern without a zone', withColumn({ type: 'time', format: 'D.M.YYYY' }), '/columns/Extra', /"zone": "UTC"/],
    ['a time pattern that is none', withColumn({ type: 'time', format: 'D.M.', zone: 'UTC' }), '/columns/Extra/format', /pattern with YYYY/],
    ['a zone that is none', withColumn({ type: 'time', zone: 'Mars' }), '/columns/Extra/zone', /Europe\/London/],
    ['a list in a CSV', withColumn({ type: 'list', columns: { a: 'text' } }), '/columns/Extra', /no list/],
    ['a position in NDJSON', mappingWith({ format: 'ndjson', columns: { ...invoices.columns, No: { type: 'text', from: 1 } } }), '/columns/No/from', /names, not positions/],
    ['a key that is no column', mappingWith({ key: ['Number'] }), '/key/0', /no column "Number" here; there are No, Sku/],
    ['a key that may be empty', mappingWith({ key: ['Who'] }), '/key/0', /optional/],
    ['groups by line', mappingWith({ key: 'line' }), '/key', /name them/],
    ['a key that is another word', mappingWith({ key: 'row' }), '/key', /Expected "line"/],
    ['a window that is too large', mappingWith({ group: { window: 5_000 } }), '/group/window', /1000 or less/],
    ['an event without a type', withEvent({ type: undefined }), '/events/0', /"type" is missing/],
    ['an event about nobody', withEvent({ userId: undefined, anonymousId: undefined }), '/events/0', /whom it is about/],
    ['a track without an event', withEvent({ event: undefined }), '/events/0', /track has "event"/],
    ['a time that is a text', withEvent({ timestamp: { column: 'No' } }), '/events/0/timestamp', /type time/],
    ['a time that is a list', withEvent({ userId: { each: {} } }), '/events/0/userId', /single value/],
    ['an event that is never reached', mappingWith({ events: [event, event] }), '/events/0', /never reached/],
    ['a column of a value that is none', withEvent({ properties: { a: { column: 'Colour' } } }), '/events/0/properties/a/column', /no column "Colour"/],
    ['a value of two forms', withEvent({ properties: { a: { column: 'No', text: 'x' } } }), '/events/0/properties/a', /no "text" here/],
    ['a value of no form', withEvent({ properties: { a: { col: 'No' } } }), '/events/0/properties/a', /"firstOf" is missing/],
    ['a list as a value', withEvent({ properties: { a: ['x'] } }), '/events/0/properties/a', /Expected string or number or boolean/],
    ['a sum of texts', withEvent({ properties: { a: { sum: ['No'] } } }), '/events/0/properties/a/sum/0', /decimal is expected/],
    ['the earliest of texts', withEvent({ userId: { column: 'No', take: 'earliest' } }), '/events/0/userId/take', /earliest is for time/],
    ['a text negated', withEvent({ userId: { column: 'No', negate: true } }), '/events/0/userId/negate', /only a number/],
    ['a text without a column', withEvent({ userId: { text: 'me' } }), '/events/0/userId/text', /no \{column\}/],
    ['a text with a column that is none', withEvent({ userId: { text: '{me}' } }), '/events/0/userId/text', /no column "me"/],
    ['taking from a single row', withEvent({ properties: { a: { each: { b: { column: 'No', take: 'last' } } } } }), '/events/0/properties/a/each/b/take', /leave out "take"/],
    ['rows of what is no list', withEvent({ properties: { a: { each: {}, of: 'No' } } }), '/events/0/properties/a/of', /"No" is no list/],
    ['a condition that asks nothing', withEvent({ when: { column: 'No' } }), '/events/0/when', /"startsWith"/],
    ['a condition on a column that is none', withEvent({ when: { all: [{ column: 'X', empty: true }] } }), '/events/0/when/all/0/column', /no column "X"/],
    ['a condition of another type', withEvent({ when: { column: 'Qty', equals: 'two' } }), '/events/0/when/equals', /decimal of at most six places/],
    ['an order of texts', withEvent({ when: { column: 'No', lessThan: 5 } }), '/events/0/when/lessThan', /has an order/],
    ['the start of a number', withEvent({ when: { column: 'Qty', startsWith: '1' } }), '/events/0/when/startsWith', /only a text/],
    ['an empty cell that equals', withEvent({ when: { column: 'No', empty: true, equals: 'x' } }), '/events/0/when', /leave out "empty"/],
  ])('%s: says where and what to do', (_, document, path, message) =>
    expect(issues(JSON.parse(JSON.stringify(document)))).toContainEqual({ path, message: expect.stringMatching(message) }));

  it('names each fault once, at the form that was meant', () =>
    expect(issues(withEvent({ properties: { a: { each: { b: { column: 'No', negat: true } }, off: 'x' } } })).map(({ path }) => path).sort()).toEqual(['/events/0/properties/a', '/events/0/properties/a/each/b']));
});
