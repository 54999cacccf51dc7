import { describe, expect, it } from '@jest/globals';
import { encode, encodeMeta, trackNames, type MessageName } from '@touchpoint/contracts';
import type { SourceKey } from '@touchpoint/kernel';
import fc from 'fast-check';
import { takeCloudEvent } from './cloudevents.ts';
import type { Arrival, Incoming, Intake } from './incoming.ts';
import { messagePlans, type EventName } from './messages.ts';
import { nameKind } from './personal.ts';
import { inClear } from './sealing.fixture.ts';
import { takeSegment } from './segment.ts';

const AT = Date.UTC(2026, 0, 31, 12);
const arrival: Arrival = { receivedAt: AT, mayImport: false, escaped: true };
const KEY = '0'.repeat(32) as SourceKey;

/** Every byte of a record but the sealed ones: key, headers, value. */
const clearBytes = (incoming: Incoming): string => {
  const { messageId, occurredAt, historical, link, causationId, sources, type } = incoming;
  const meta = encodeMeta({
    messageId, publisher: 'shop', occurredAt, receivedAt: AT, historical, sources: sources.map(({ kind }) => ({ kind, key: KEY, label: null })), link, digest: KEY, correlationId: null, causationId,
  });
  return Buffer.concat([meta, Buffer.from(type), encode(type as MessageName, inClear(incoming) as never)]).toString('utf8');
};

/** What would be found in it, whatever stands around. */
type Plant = Readonly<{ sort: 'email' | 'phone' | 'card'; value: string }>;
const digit = fc.nat(9);
const cardNumber = fc.tuple(fc.constantFrom('4', '51', '55', '2221', '35280', '6011'), fc.array(digit, { minLength: 15, maxLength: 15 })).map(([prefix, rest]) => {
  const digits = (prefix + rest.join('')).slice(0, 15);
  const sum = [...digits].reduce((total, one, i) => total + (i % 2 === 0 ? (Number(one) * 2 > 9 ? Number(one) * 2 - 9 : Number(one) * 2) : Number(one)), 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
});
const grouped = (gap: string) => (digits: string) => digits.replace(/(....)(....)(....)(....)/, `$1${gap}$2${gap}$3${gap}$4`);
const plant: fc.Arbitrary<Plant> = fc.oneof(
  // No ?, # or &: what stands behind them in a URL is cut off.
  fc.emailAddress().filter((value) => !/[?#&]/.test(value)).map((value) => ({ sort: 'email' as const, value })),
  fc.tuple(fc.constantFrom('+41 79 ', '+4179', '+1 (415) ', '0041 79 ', '+49-30-'), fc.integer({ min: 1_000_000, max: 9_999_999 })).map(([start, end]) => ({ sort: 'phone' as const, value: `${start}${end}` })),
  fc.tuple(cardNumber, fc.constantFrom('', ' ', '-')).map(([digits, gap]) => ({ sort: 'card' as const, value: grouped(gap)(digits) })),
);
const around = fc.constantFrom<(value: string) => string>((value) => value, (value) => `Say ${value} now`, (value) => `"${value}"`, (value) => `${value}, please`, (value) => `to:${value}`);

const BASE: Readonly<Record<string, unknown>> = { product_id: 'p', order_id: 'o', total: 5, currency: 'EUR', store_id: 's', channel: 'email', purpose: 'marketing', granted: true, device_id: 'D', platform: 'ios', reason: 'r', name: 'n' };
const nameOf = new Map(Object.entries(trackNames).map(([name, { type }]) => [type, name]));
const types = Object.keys(messagePlans) as EventName[];
const ownNames = (type: EventName): readonly string[] => [...messagePlans[type].plan.slots.keys()];

/** Where in an object it is planted: under a name that the message has, or another, plain or deep. */
const bagWith = (names: readonly string[], text: unknown, key: string): fc.Arbitrary<Readonly<{ name: string; bag: object }>> =>
  fc.record({ name: fc.oneof(fc.constantFrom(...names, 'colour', 'whatever', 'list'), fc.string({ maxLength: 6 })), shape: fc.nat(8) }).map(({ name, shape }) => ({
    name,
    bag: [
      { [name]: text }, { other: { [name]: text } }, { other: [1, { deep: { [name]: text } }] }, { list: ['x', text] }, { products: [{ product_id: 'p', [name]: text }] }, { products: [{ product_id: 'p', other: { [name]: [text] } }] },
      { [key]: 1 }, { other: { [key]: 1 } }, { campaign: { name: text, id: 'c' } },
    ][shape]!,
  }));

const contexts = (text: string) => fc.constantFrom<object>(
  { app: { name: text, version: text, build: text, namespace: text } }, { device: { id: text, model: text, manufacturer: text, name: text, type: 'ios', token: text } }, { os: { name: text, version: text } }, { locale: text, timezone: text, userAgent: text, ip: text },
  { page: { title: text, url: `https://a.example/${text}`, path: text, referrer: text, search: text } }, { campaign: { name: text } }, { campaign: { [text]: 1 } }, { traits: { any: text } }, { [text]: text },
);

type Planted = Readonly<{ plant: Plant; take: () => Intake }>;
const planted: fc.Arbitrary<Planted> = fc.tuple(plant, around, fc.constantFrom(...types, 'TraitsSet' as const, 'GroupJoined' as const, 'alias' as const)).chain(([one, put, type]) => {
  const text = put(one.value);
  const names = type === 'TraitsSet' || type === 'GroupJoined' || type === 'alias' ? ['email', 'phone', 'plan', 'tags', 'name', 'language'] : ownNames(type);
  return fc.record({ inside: bagWith(names, text, text), context: contexts(text), place: fc.nat(5) }).filter(({ inside }) => one.sort !== 'card' || nameKind(inside.name) !== 'id').map(({ inside: { bag }, context, place }) => {
    const call = type === 'TraitsSet' ? 'identify' : type === 'GroupJoined' ? 'group' : type === 'alias' ? 'alias' : type === 'PageViewed' ? 'page' : type === 'ScreenViewed' ? 'screen' : 'track';
    const said = place === 0 || place === 5 ? { ...BASE, ...bag } : BASE;
    const event = {
      type: call, messageId: place === 2 && one.sort !== 'card' ? text : 'm-1', userId: place === 3 ? text : '42', anonymousId: place === 3 ? text : 'a', previousId: place === 3 ? text : 'p', groupId: place === 4 && one.sort !== 'card' ? text : 'g',
      event: place === 4 && type === 'Tracked' ? text : (nameOf.get(type as EventName) ?? 'Other'), ...(place === 4 ? { name: text, category: text, channel: text } : { name: 'n' }), context: place === 1 ? context : {},
      ...(call === 'identify' || call === 'group' ? { traits: call === 'identify' && place === 0 ? bag : said } : { properties: said }),
    };
    if (place !== 5) return { plant: one, take: () => takeSegment(event, arrival) };
    const cloudEvent = { specversion: '1.0', id: '1', source: one.sort === 'card' ? '/shop' : text, type: type === 'alias' ? 'x.y' : type, subject: 'user:42', data: said };
    return { plant: one, take: () => takeCloudEvent(cloudEvent, arrival) };
  });
});

describe('an e-mail address, a phone number or a card number', () => {
  it('stands nowhere in clear in what is recorded, wherever it is sent', () => {
    let recorded = 0;
    fc.assert(fc.property(planted, ({ plant: { value }, take }) => {
      const intake = take();
      if ('refused' in intake) return;
      recorded++;
      for (const incoming of intake.taken) expect(clearBytes(incoming)).not.toContain(value);
    }), { numRuns: 5_000 });
    // Refusing everything would be no way to keep it out.
    expect(recorded).toBeGreaterThan(2_500);
  });
  it('is kept, sealed, in whatever property it is sent that has no field', () =>
    fc.assert(fc.property(plant, around, fc.constantFrom('colour', 'whatever', 'x'), fc.nat(2), ({ value }, put, name, shape) => {
      const intake = takeSegment({ type: 'track', event: 'Other', messageId: 'm', userId: 'u', properties: { rating: 5, ...[{ [name]: put(value) }, { [name]: [{ deep: put(value) }] }, { [name]: { [put(value)]: 1 } }][shape] } }, arrival);
      if ('refused' in intake) throw new Error(intake.refused.message);
      const { properties, personal } = intake.taken[0]!.data as { properties: string; personal: string };
      expect(properties).toBe('{"rating":5}');
      expect(personal).toContain(JSON.stringify(put(value)).slice(1, -1));
    })));
});
