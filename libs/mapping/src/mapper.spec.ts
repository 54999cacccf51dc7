import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Item } from './item.ts';
import { invoices, mapPieces, mappingWith } from './mapping.fixture.ts';
import { cut, cutPlaces } from './pieces.fixture.ts';

const HEAD = 'No,Sku,Qty,Price,At,Who\n';
const line = (no: string, sku = 'a', qty = '1', who = 'u1') => `${no},${sku},${qty},2.50,2011-01-01T10:00:00Z,${who}\n`;
const brief = (items: readonly Item[]) =>
  items.map((item) => [item.kind === 'rejected' ? item.code.slice('MAPPING.'.length) : item.kind, item.key, `${item.lines.first}-${item.lines.last}/${item.lines.rows}`]);
const briefly = (text: string, document: unknown = invoices) => brief(mapPieces(document, [HEAD + text]));
const messages = (document: unknown, text: string) => mapPieces(document, [text]).flatMap((item) => (item.kind === 'event' ? [item.message] : []));

describe('rows of one key', () => {
  it('become one message of history', () =>
    expect(messages(invoices, `${HEAD}7,a,2,2.50,2011-01-01T10:01:00Z,u1\n7,b,-1,0,2011-01-01T10:00:00Z,u1\n`)).toEqual([
      {
        type: 'track', messageId: 'shop/7', event: 'Order Completed', userId: 'u1', timestamp: '2011-01-01T10:00:00.000Z', historical: true,
        properties: { order_id: '7', products: [{ sku: 'a', quantity: '2', price: '2.5' }, { sku: 'b', quantity: '-1', price: '0' }] },
      },
    ]));

  it.each<[string, string, unknown]>([
    ['follow each other', line('1') + line('1') + line('2'), [['event', '1', '2-3/2'], ['event', '2', '4-4/1']]],
    ['go on after so many others as the window has', line('1') + line('2') + line('1') + line('3'), [['event', '2', '3-3/1'], ['event', '1', '2-4/2'], ['event', '3', '5-5/1']]],
    ['come again after their event was made', line('1') + line('2') + line('3') + line('1'), [['event', '1', '2-2/1'], ['KEY_RETURNED', '1', '5-5/1'], ['event', '2', '3-3/1'], ['event', '3', '4-4/1']]],
    ['differ where they must not', line('1', 'a', '1', 'u1') + line('1', 'a', '1', 'u2'), [['UNMAPPABLE', '1', '2-3/2']]],
  ])('%s', (_, text, expected) => expect(briefly(text)).toEqual(expected));
});

describe('a bad row', () => {
  it.each<[string, string, unknown]>([
    ['takes its group along, before it and after it', line('1') + line('1', 'a', 'two') + line('1') + line('2'), [['BAD_CELL', '1', '3-3/1'], ['GROUP_INCOMPLETE', '1', '2-4/2'], ['event', '2', '5-5/1']]],
    ['is told alone where its group has no other', line('1', 'a', 'two') + line('2'), [['BAD_CELL', '1', '2-2/1'], ['event', '2', '3-3/1']]],
    ['without a key takes along the groups beside it', line('1') + line('') + line('2') + line('3'), [['BAD_CELL', null, '3-3/1'], ['GROUP_INCOMPLETE', '1', '2-2/1'], ['GROUP_INCOMPLETE', '2', '4-4/1'], ['event', '3', '5-5/1']]],
    ['of too few cells does too', line('1') + '1,a\n' + line('1') + line('2'), [['BROKEN_LINE', null, '3-3/1'], ['GROUP_INCOMPLETE', '1', '2-4/2'], ['event', '2', '5-5/1']]],
    ['at the end does too', line('1') + line('2') + '"', [['BROKEN_LINE', null, '4-4/1'], ['event', '1', '2-2/1'], ['GROUP_INCOMPLETE', '2', '3-3/1']]],
  ])('%s', (_, text, expected) => expect(briefly(text)).toEqual(expected));

  it('names its columns and what is wrong, and no value', () => {
    const [item] = mapPieces(invoices, [`${HEAD}1,,secret,2,yesterday,\n`]);
    expect(item).toMatchObject({ reason: 'Sku is empty; say "optional": true of the column if it may be; Qty is no decimal of at most six places; At is no time of the form iso with a zone (a column may name one: "zone": "UTC").' });
  });

  it('stands alone where rows are not grouped', () => {
    const { group: _group, ...single } = invoices;
    const document = { ...single, events: [{ ...single.events[0]!, userId: { column: 'Who' }, timestamp: { column: 'At' }, properties: {} }] };
    expect(briefly(`${line('1')}1,a\n${line('2', 'a', 'x')}${line('3')}${line('1')}`, document)).toEqual([
      ['event', '1', '2-2/1'], ['BROKEN_LINE', null, '3-3/1'], ['BAD_CELL', '2', '4-4/1'], ['event', '3', '5-5/1'], ['KEY_RETURNED', '1', '6-6/1'],
    ]);
  });
});

describe('a group', () => {
  it('that is too large is left out, whatever comes after it', () => {
    const items = mapPieces(invoices, [HEAD, ...Array.from({ length: 10_001 }, () => line('1')), line('2')]);
    expect(brief(items)).toEqual([['GROUP_TOO_LARGE', '1', '2-10002/10001'], ['event', '2', '10003-10003/1']]);
  });
});

describe('the first line', () => {
  it.each([
    ['No,Sku,Qty,Price,Who\n', /no column At; it has No, Sku, Qty, Price, Who/],
    ['No,No,Sku,Qty,Price,At,Who\n', /two columns No; .*"from": 1/],
    ['"No,Sku\n', /first line cannot be read/],
    ['', /the file is empty/],
  ])('%j does not fit', (text, message) => expect(() => mapPieces(invoices, [text])).toThrow(expect.objectContaining({ code: 'MAPPING.HEADER', message: expect.stringMatching(message) })));

  it('is not needed where columns have positions', () => {
    const columns = { No: { type: 'text', from: 2 }, At: { type: 'time', format: 'M/D/YYYY H:mm', zone: 'UTC', from: 1 } };
    const document = { name: 'x', format: 'csv', csv: { header: false, delimiter: ';' }, columns, key: ['No'], events: [{ type: 'identify', userId: { column: 'No' }, timestamp: { column: 'At' } }] };
    expect(messages(document, '12/1/2010 8:26;42')).toEqual([{ type: 'identify', messageId: 'x/42', userId: '42', timestamp: '2010-12-01T08:26:00.000Z', historical: true }]);
  });
});

describe('values', () => {
  it.each<[string, unknown, unknown]>([
    ['a sum', { sum: ['Qty'] }, '3'],
    ['a sum of products, exact', { sum: ['Qty', 'Price'] }, '0.9'],
    ['a sum negated', { sum: ['Qty', 'Price'], negate: true }, '-0.9'],
    ['a column summed', { column: 'Qty', take: 'sum', negate: true }, '-3'],
    ['the least', { column: 'Qty', take: 'least' }, '1'],
    ['the greatest', { column: 'Price', take: 'greatest' }, '0.4'],
    ['the last', { column: 'Sku', take: 'last' }, 'b'],
    ['the latest', { column: 'At', take: 'latest' }, '2011-01-02T00:00:00.000Z'],
    ['a count', { count: 'rows' }, 2],
    ['a text', { text: '{No}:{Qty}!' }, '7:1!'],
    ['a text of nothing', { text: '{Who}' }, undefined],
    ['an empty cell otherwise', { column: 'Who', otherwise: 'nobody' }, 'nobody'],
    ['a word', { column: 'Sku', map: { a: true, b: false } }, true],
    ['what is first there', { firstOf: [{ column: 'Who' }, { column: 'No' }, 'x'] }, '7'],
    ['an object', { object: { a: 1, b: { column: 'Who' } } }, { a: 1 }],
    ['rows that hold', { each: { s: { column: 'Sku' } }, where: { column: 'Qty', moreThan: 1 } }, [{ s: 'b' }]],
    ['what does not hold', { column: 'No', when: { any: [{ column: 'Qty', equals: 2 }, { not: { column: 'Sku', startsWith: 'a' } }] } }, undefined],
    ['what holds', { column: 'No', when: { all: [{ column: 'Who', empty: true }, { column: 'At', lessThan: '2012-01-01T00:00:00Z' }, { column: 'Sku', oneOf: ['a', 'c'] }] } }, '7'],
  ])('%s', (_, value, expected) => {
    const document = mappingWith({ events: [{ ...invoices.events[0], properties: { x: value } }] });
    const [message] = messages(document, `${HEAD}7,a,1,0.1,2011-01-01T00:00:00Z,\n7,b,2,0.4,2011-01-02T00:00:00Z,\n`);
    expect(message?.properties?.['x']).toEqual(expected);
  });

  it('that a map does not name make no message', () => {
    const document = mappingWith({ events: [{ ...invoices.events[0], properties: { x: { column: 'Sku', map: { b: 1 } } } }] });
    expect(briefly(line('1'), document)).toEqual([['UNMAPPABLE', '1', '2-2/1']]);
  });
});

describe('which event', () => {
  const event = (name: string, when?: unknown) => ({ ...invoices.events[0], event: name, ...(when ? { when } : {}) });
  const document = mappingWith({ events: [event('Cancelled', { column: 'No', startsWith: 'C' }), { skip: true, when: { column: 'Qty', equals: '0' } }, event('Completed', { column: 'Sku', equals: 'a' })] });
  it('is the first that holds for the first row', () =>
    expect(mapPieces(document, [HEAD + line('C1', 'a', '0') + line('2', 'a', '0') + line('3', 'a', '1') + line('3', 'b', '0') + line('4', 'b')]).map((item) => (item.kind === 'event' ? item.message.event : item.kind))).toEqual([
      'Cancelled', 'skipped', 'Completed', 'rejected',
    ]));
});

describe('a messageId', () => {
  it('keeps keys of several columns apart', () => {
    const ids = messages(mappingWith({ key: ['No', 'Sku'] }), HEAD + line('a/b', 'c') + line('a', 'b/c') + line('a%2Fb', 'c')).map(({ messageId }) => messageId);
    expect(ids).toEqual(['shop/a%2Fb/c', 'shop/a/b%2Fc', 'shop/a%252Fb/c']);
  });
  it('is derived where it would be too long', () => {
    const [message] = messages(invoices, HEAD + line('k'.repeat(200)));
    expect(message?.messageId).toMatch(/^shop\/[0-9a-f-]{36}$/);
  });
});

it('an NDJSON example of the repository is mapped', () => {
  const mappings = join(import.meta.dirname, '../../../mappings');
  const document = JSON.parse(readFileSync(join(mappings, 'shop-export.json'), 'utf8')) as unknown;
  const text = readFileSync(join(mappings, 'examples/shop-export.ndjson'), 'utf8');
  expect(messages(document, text)).toEqual([
    {
      type: 'track', messageId: 'shop-export/1001', event: 'Order Completed', userId: 'c-17', anonymousId: 's-1', timestamp: '2025-03-14T08:05:00.000Z', historical: true,
      properties: { order_id: '1001', currency: 'CHF', shipping: '7.9', place: 'app', products: [{ sku: 'TEA-1', name: 'Green tea', quantity: '2', price: '12.35' }] },
    },
    {
      type: 'track', messageId: 'shop-export/1002', event: 'Order Completed', anonymousId: 's-2', timestamp: '2025-03-30T10:00:00.000Z', historical: true,
      properties: { order_id: '1002', currency: 'CHF', place: 'store', products: [{ sku: 'CUP-9', name: 'Cup', quantity: '1', price: '24.5' }] },
    },
    {
      type: 'track', messageId: 'shop-export/1004', event: 'Order Refunded', userId: 'c-17', anonymousId: 's-4', timestamp: '2025-04-02T16:30:00.000Z', historical: true,
      properties: { order_id: '1004', currency: 'CHF', products: [{ sku: 'TEA-1', quantity: '1', price: '12.35' }] },
    },
  ]);
  expect(brief(mapPieces(document, [text])).map(([kind]) => kind)).toEqual(['event', 'event', 'skipped', 'event']);
});

describe('any file', () => {
  const someLine = fc.oneof(
    { weight: 8, arbitrary: fc.tuple(fc.constantFrom('1', '2', '3', 'C4'), fc.constantFrom('a', '"b""c"', '"d\ne"'), fc.constantFrom('1', '-2', '0.5'), fc.constantFrom('u1', '')).map((cells) => line(...cells)) },
    fc.constantFrom(line(''), line('1', 'a', 'x'), '1,a\n', '"1"x\n', '"\n', '\n', '\ufffd\n', 'é,é,1,1,2011-01-01T10:00:00Z,\r\n'),
  );
  const file = fc.array(someLine, { maxLength: 30 }).map((lines) => HEAD + lines.join(''));
  it('becomes the same wherever it is cut', () =>
    fc.assert(fc.property(file, cutPlaces, (text, places) => expect(mapPieces(invoices, cut(text, places))).toEqual(mapPieces(invoices, [text]))), { numRuns: 1_000 }));
  it('has each of its rows in one item', () =>
    fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('1', '2', '3', '4', '5'), fc.constantFrom('1', 'x')), { maxLength: 40 }), (rows) => {
      const items = mapPieces(invoices, [HEAD + rows.map(([no, qty]) => line(no, 'a', qty)).join('')]);
      expect(items.reduce((sum, { lines }) => sum + lines.rows, 0)).toBe(rows.length);
      const ids = items.flatMap((item) => (item.kind === 'event' ? [item.message.messageId] : []));
      expect(new Set(ids).size).toBe(ids.length);
    })));
});
