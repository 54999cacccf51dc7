import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { failureKind, type Decimal } from '@touchpoint/kernel';
import { anyData } from './arbitrary.fixture.ts';
import { catalog, type MessageName } from './generated/catalog.ts';
import { decoder, encode, message } from './codec.ts';
import { typeOf } from './marks.ts';
import type { SchemaJson } from './message-info.ts';

const names = Object.keys(catalog) as MessageName[];
const decode = <Name extends MessageName>(name: Name, bytes: Buffer) => decoder(name, catalog[name].schema)(bytes);
const failure = (run: () => unknown): Error & { code?: string } => {
  try {
    run();
  } catch (error) {
    return error as Error & { code?: string };
  }
  throw new Error('nothing was thrown');
};
type Fields = readonly Readonly<{ name: string; [attribute: string]: unknown }>[];
const fieldsOf = (schema: SchemaJson): Fields => schema['fields'] as Fields;
const order = { orderId: '1', currency: 'GBP', place: 'web', lines: [{ productId: '22423', quantity: 2_000_000n as Decimal }] } as const;

describe('when a message is encoded', () => {
  it.each(names)('reads %s back as it was', (name) => {
    fc.assert(fc.property(anyData(name), (data) => expect(decode(name, encode(name, data as never))).toEqual(data)), { numRuns: 30 });
  });

  it.each(names)('reads %s from a writer with a field more', (name) => {
    const { schema } = catalog[name];
    const newer = { ...schema, fields: [{ name: 'later', type: ['null', 'string'], default: null }, ...fieldsOf(schema)] };
    const type = typeOf(newer);
    fc.assert(fc.property(anyData(name), (data) => expect(decoder(name, newer)(type.toBuffer({ ...(data as object), later: 'x' }))).toEqual(data)), { numRuns: 10 });
  });

  it('fills what a draft leaves out with null', () => {
    const { type, data } = message('OrderCompleted', order);
    expect(type).toBe('OrderCompleted');
    expect(data).toMatchObject({ ...order, total: null, context: null, lines: [{ price: null, sku: null }] });
    expect(Object.keys(data)).toEqual(fieldsOf(catalog.OrderCompleted.schema).map((field) => field.name));
  });

  it('leaves room for a frame, zeroed, wherever the buffer was used before', () => {
    encode('Tracked', { name: 'x'.repeat(1000) });
    const framed = encode('Tracked', { name: 'Signed Up' }, 5);
    expect(framed.subarray(0, 5)).toEqual(Buffer.alloc(5));
    expect(decoder('Tracked', catalog.Tracked.schema)(framed, 5)).toMatchObject({ name: 'Signed Up' });
  });

  it('never writes over what it gave before', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 60_000 }), { minLength: 2, maxLength: 20 }), (sizes) => {
      const encoded = sizes.map((size) => encode('Tracked', { name: 'x'.repeat(size) }, 5));
      sizes.forEach((size, i) => expect(decoder('Tracked', catalog.Tracked.schema)(encoded[i]!, 5).name.length).toBe(size));
      for (const bytes of encoded) expect(bytes.subarray(0, 5)).toEqual(Buffer.alloc(5));
    }), { numRuns: 50 });
  });

  it('takes a message of any size', () => {
    const lines = Array.from({ length: 3000 }, (_, i) => ({ productId: String(i), quantity: 1_000_000n as Decimal, name: 'a long name '.repeat(10) }));
    expect(decode('OrderCompleted', encode('OrderCompleted', { ...order, lines })).lines).toHaveLength(3000);
  });

  it('names the fields that do not fit, and not their values', () => {
    const wrong = { ...order, currency: 7, lines: [{ productId: '1', quantity: 0.5 }], personal: 'anna@example.org' };
    const error = failure(() => encode('OrderCompleted', wrong as never));
    expect(failureKind(error)).toBe('InvalidMessage');
    expect(error.code).toBe('CONTRACTS.INVALID_DATA');
    expect(error.message).toBe('OrderCompleted does not fit its schema at currency, lines.0.quantity, personal.');
    expect(error.cause).toBeUndefined();
  });

  it.each([['short', 'ab'], ['upper', 'zz'.repeat(16)], ['number', 5]])('refuses a source key that is none (%s)', (_, tokenKey) => {
    expect(failure(() => encode('DeviceRemoved', { deviceKey: tokenKey } as never)).message).toContain('deviceKey');
  });

  it('refuses a decimal of more than 38 digits', () => {
    expect(failure(() => encode('OrderCompleted', { ...order, total: (10n ** 38n) as Decimal })).message).toContain('total');
  });
});

describe('when a message is decoded', () => {
  const bytes = encode('OrderCompleted', order);

  it('refuses bytes that are cut off, at every place', () => {
    for (let length = 0; length < bytes.length; length++) expect(failure(() => decode('OrderCompleted', bytes.subarray(0, length))).message).toMatch(/^OrderCompleted (is cut off|cannot be read)/);
  });

  it('refuses bytes too many', () => {
    expect(failure(() => decode('OrderCompleted', Buffer.concat([bytes, Buffer.of(0)]))).message).toContain('bytes too many');
  });

  it('shares no memory with what it read', () => {
    const source = encode('GroupJoined', { groupId: 'g', personal: Buffer.from('secret') as never });
    const { personal } = decode('GroupJoined', source);
    source.fill(0);
    expect(Buffer.from(personal!).toString()).toBe('secret');
  });

  it('refuses a message that is not known', () => {
    expect(failure(() => decoder('Nothing' as MessageName, catalog.Tracked.schema)).code).toBe('CONTRACTS.UNKNOWN_MESSAGE');
    expect(failure(() => encode('toString' as MessageName, {} as never)).code).toBe('CONTRACTS.UNKNOWN_MESSAGE');
  });
});

describe('when a writer has another version', () => {
  const { schema } = catalog.OrderCompleted;
  const written = { ...schema, fields: fieldsOf(schema).filter((field) => field.name !== 'affiliation' && field.name !== 'place') };
  const newer = { ...schema, fields: [{ name: 'giftWrap', type: ['null', 'string'], default: null }, ...fieldsOf(schema)] };

  it('reads what an older one wrote, with defaults for what it lacks', () => {
    const read = decoder('OrderCompleted', written)(typeOf(written).toBuffer(order));
    expect(read).toMatchObject({ orderId: '1', affiliation: null, place: 'other', lines: [{ productId: '22423', quantity: 2_000_000n }] });
  });

  it('reads what a newer one wrote, without what it does not know', () => {
    const read = decoder('OrderCompleted', JSON.stringify(newer))(typeOf(newer).toBuffer({ ...order, giftWrap: 'red' }));
    expect(read).toEqual(message('OrderCompleted', order).data);
  });

  it('makes one decoder for each writer', () => {
    expect(decoder('OrderCompleted', written)).toBe(decoder('OrderCompleted', JSON.stringify(written)));
    expect(decoder('OrderCompleted', written)).not.toBe(decoder('OrderCompleted', newer));
  });

  it.each([
    ['is another message', catalog.Tracked.schema],
    ['lacks what has no default', { ...schema, fields: fieldsOf(schema).slice(1) }],
    ['has money as text', { ...schema, fields: fieldsOf(schema).map((field) => (field.name === 'total' ? { ...field, type: ['null', 'string'] } : field)) }],
  ])('refuses a writer that %s', (_, other) => {
    expect(failure(() => decoder('OrderCompleted', other)).code).toBe('CONTRACTS.INCOMPATIBLE_SCHEMA');
  });
});
