import { describe, expect, it } from '@jest/globals';
import { catalog, message, pointer, showEvent, type DataOf, type Draft, type MessageName } from '@touchpoint/contracts';
import type { Sealed, SourceKey } from '@touchpoint/kernel';
import { PersonalValues } from './personal-values.ts';

/** Opens what begins with a letter; the keys of the others are gone. */
const vault = { unseal: async (values: readonly Sealed[]) => values.map((value) => { const text = Buffer.from(value).toString(); return text.startsWith('-') ? null : text; }) };
const sealed = (text: string) => Buffer.from(text) as Uint8Array as Sealed;
const shown = async <N extends MessageName>(type: N, draft: Draft<DataOf<N>>) => {
  const values = new PersonalValues();
  let data: unknown;
  showEvent(type, message(type, draft).data, values, ['data'], (value) => { data = value; });
  await PersonalValues.open(vault, values);
  return { data, redacted: values.redacted };
};

describe('an event in JSON', () => {
  it('has money as exact text, in lines too', async () => {
    const { data } = await shown('OrderCompleted', { orderId: '7', currency: 'EUR', place: 'web', total: 123_456_789_012_345_678_900_001n as never, lines: [{ productId: 'p', quantity: 2_500_000n as never, price: -10n as never }] });
    expect(data).toMatchObject({ total: '123456789012345678.900001', lines: [{ productId: 'p', quantity: '2.5', price: '-0.00001', properties: null }], revenue: null, place: 'web' });
  });
  it('has JSON as JSON, and text that is none as it is', async () => {
    expect((await shown('Tracked', { name: 'x', properties: '{"a":[1,{"b":null}]}' })).data).toMatchObject({ name: 'x', properties: { a: [1, { b: null }] } });
    expect((await shown('Tracked', { name: 'x', properties: 'no json' })).data).toMatchObject({ properties: 'no json' });
  });
  it('has instants in ISO 8601 and keys as they are', async () => {
    const key = 'ab'.repeat(16) as SourceKey;
    expect((await shown('TimerFired', { timerId: 't', runId: 'r', journeyId: 'j', stepId: 's', dueAt: Date.UTC(2026, 0, 1), historical: false })).data).toMatchObject({ dueAt: '2026-01-01T00:00:00.000Z' });
    expect((await shown('DeviceRemoved', { deviceKey: key })).data).toMatchObject({ deviceKey: key, tokenKey: null });
  });
  it('has personal fields opened: addresses as text, the others as JSON', async () => {
    const { data, redacted } = await shown('TraitsSet', { email: sealed('ada@example.com'), phone: sealed('+41791234567'), personal: [{ name: 'birthday', value: sealed('"1815-12-10"') }, { name: 'age', value: sealed('36') }], removed: [] });
    expect(data).toMatchObject({ email: 'ada@example.com', phone: '+41791234567', personal: [{ name: 'birthday', value: '1815-12-10' }, { name: 'age', value: 36 }] });
    expect(redacted).toEqual([]);
  });
  it('has null for what is redacted, and says where', async () => {
    const { data, redacted } = await shown('TraitsSet', { email: sealed('-'), personal: [{ name: 'a', value: sealed('1') }, { name: 'b', value: sealed('-') }], removed: [] });
    expect(data).toMatchObject({ email: null, phone: null, personal: [{ value: 1 }, { value: null }] });
    expect(redacted).toEqual(['/data/email', '/data/personal/1/value']);
  });
  it('shows no bytes of any field that the schemas mark as personal', () => {
    const marked = Object.values(catalog).flatMap(({ name, schema }) => [...JSON.stringify(schema).matchAll(/"logicalType":"sealed"/g)].map(() => name));
    const pii = Object.values(catalog).flatMap(({ name, pii: paths }) => paths.map(() => name));
    expect(marked.filter((name) => pii.includes(name))).toHaveLength(pii.length);
  });
});

describe('a pointer', () => {
  it('escapes what a name may hold', () => expect(pointer('traits', 'a/b~c', 0)).toBe('/traits/a~1b~0c/0'));
});
