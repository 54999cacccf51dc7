import { describe, expect, it } from '@jest/globals';
import { encode, trackNames, type MessageName } from '@touchpoint/contracts';
import fc from 'fast-check';
import { takeCloudEvent } from './cloudevents.ts';
import type { Arrival, Intake } from './incoming.ts';
import { productFields } from './product-lines.ts';
import { toSealed } from './sealing.fixture.ts';
import { CALLS, takeSegment } from './segment.ts';

const arrival: Arrival = { receivedAt: Date.UTC(2026, 0, 31, 12), mayImport: true, escaped: true };

/** Whatever is taken fits its schema, and comes out the same again; whatever is not says why and where. */
const holds = (take: () => Intake): void => {
  const intake = take();
  expect(take()).toEqual(intake);
  if ('refused' in intake) {
    expect(intake.refused.issues.length).toBeGreaterThan(0);
    expect(intake.refused.issues.length).toBeLessThanOrEqual(20);
    expect(intake.refused.message).not.toBe('');
  } else {
    for (const incoming of intake.taken) {
      encode(incoming.type as MessageName, toSealed(incoming) as never);
      expect(incoming.sources.length).toBeGreaterThan(0);
      expect(incoming.messageId).not.toBe('');
      expect(Number.isInteger(incoming.occurredAt)).toBe(true);
    }
  }
};

const snake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const names = [...Object.keys(productFields), 'orderId', 'currency', 'total', 'products', 'email', 'phone', 'token', 'channel', 'url', 'granted', 'purpose', 'storeId', 'deviceId', 'platform', 'campaign', 'whole', 'attempt'].flatMap((name) => [name, snake(name)]);
const jsonValue = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('', 'EUR', '12.5', 3, 'a@b.example', '+41791234567', 'ios', true, '2026-01-31T11:00:00Z', null));
const bag = fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 8 })), fc.oneof(jsonValue, fc.array(fc.dictionary(fc.constantFrom(...names), jsonValue, { maxKeys: 4 }), { maxLength: 3 })), { maxKeys: 8 });
const maybe = <T>(likely: fc.Arbitrary<T>) => fc.oneof({ weight: 8, arbitrary: likely as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: jsonValue as fc.Arbitrary<unknown> }, { weight: 1, arbitrary: fc.constant(undefined) });

const segmentEvent = fc.record({
  type: maybe(fc.constantFrom(...CALLS)), event: maybe(fc.constantFrom(...Object.keys(trackNames), 'Other')), messageId: maybe(fc.string({ minLength: 1, maxLength: 100 })),
  userId: maybe(fc.string({ minLength: 1 })), anonymousId: maybe(fc.uuid()), previousId: maybe(fc.uuid()), groupId: maybe(fc.uuid()), name: maybe(fc.string()), category: maybe(fc.string()),
  properties: maybe(bag), traits: maybe(bag), timestamp: maybe(fc.constantFrom('2026-01-31T11:00:00.000Z', '2010-01-31T11:00:00.000Z')), sentAt: maybe(fc.constant('2026-01-31T11:00:00.000Z')), historical: maybe(fc.boolean()),
  context: maybe(fc.record({ device: maybe(bag), app: maybe(bag), os: maybe(bag), page: maybe(bag), campaign: maybe(bag), locale: maybe(fc.string()), userAgent: maybe(fc.string()) }, { requiredKeys: [] })),
});
const cloudEvent = fc.record({
  specversion: maybe(fc.constant('1.0')), id: maybe(fc.string({ minLength: 1 })), source: maybe(fc.webUrl()), subject: maybe(fc.string({ minLength: 1 }).map((id) => `user:${id}`)), type: maybe(fc.constantFrom('OrderCompleted', 'TraitsSet', 'GroupJoined', 'x.y')),
  time: maybe(fc.constant('2026-01-31T11:00:00Z')), data: maybe(bag), historical: maybe(fc.boolean()),
});

describe('whatever a publisher sends', () => {
  it('is taken whole or refused with reasons, as any JSON', () =>
    fc.assert(fc.property(fc.jsonValue(), fc.constantFrom(...CALLS, undefined), (event, call) => {
      holds(() => takeSegment(event, arrival, call));
      holds(() => takeCloudEvent(event, arrival));
    })));
  it('is taken whole or refused with reasons, as an event of Segment', () => fc.assert(fc.property(segmentEvent, (event) => holds(() => takeSegment(event, arrival))), { numRuns: 1_000 }));
  it('is taken whole or refused with reasons, as a CloudEvent', () => fc.assert(fc.property(cloudEvent, (event) => holds(() => takeCloudEvent(event, arrival))), { numRuns: 300 }));
  it('has the same canonical form in any order of keys', () =>
    fc.assert(fc.property(bag, (properties) => {
      const backwards = Object.fromEntries(Object.entries(properties).reverse());
      const take = (given: object) => takeSegment({ messageId: 'm', userId: 'u', event: 'Other', properties: given }, arrival, 'track');
      expect(take(backwards)).toEqual(take(properties));
    })));
});
