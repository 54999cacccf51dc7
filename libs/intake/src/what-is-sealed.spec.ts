import { describe, expect, it } from '@jest/globals';
import { takeCloudEvent } from './cloudevents.ts';
import { arrival, paths, refused, taken, track } from './taking.fixture.ts';

const dataOf = (event: string, properties: object) => track(event, properties).data as { properties: string | null; personal: string | null };

describe('what a publisher sends along', () => {
  it.each([
    [{ customer: { name: 'Jane Doe' } }], [{ contact: '+41 79 123 45 67' }], [{ card: '4111 1111 1111 1111' }], [{ card: 4111111111111111 }], [{ shipping_name: 'Jane Doe' }], [{ to: 'Jane <jane@example.com>' }], [{ order: { billing: { city: 'Bern' } } }],
    [{ guests: [{ name: 'Jane' }] }], [{ recipient: 'Jane' }], [{ 'jane@example.com': 1 }], [{ user_id: '42' }], [{ first: 'Jane' }], [{ log: ['ok', 'called 0041 79 123 45 67'] }],
  ])('%j is sealed', (properties) => expect(dataOf('Survey Answered', { ...properties, rating: 5 })).toMatchObject({ properties: '{"rating":5}', personal: JSON.stringify(properties) }));
  it.each([
    [{ at: '2026-01-31T11:59:00.000Z', sku: '4111111111111111', variant_id: 4111111111111111 }], [{ ean: '4006381333931', price: '19.95', total: 1234567890123 }], [{ product: { name: 'Mug', id: '6f1d4f39-1c2d-4e5f-8a9b-0123456789ab' } }],
    [{ billing: 'monthly', shipping: 4.9, users: 5 }], [{ product_name: 'Mug', picture_url: 'https://cdn.example/logo@2x.png' }], [{ ms: 1769860740000, us: 1769860740000123 }],
  ])('%j stays in clear', (properties) => expect(JSON.parse(dataOf('Survey Answered', properties).properties!)).toEqual(properties));
  it('is sealed of a group too', () =>
    expect(taken({ groupId: 'g', traits: { name: 'Initech', owner: { name: 'Bill' }, support: 'help@initech.example' } }, 'group')[0]?.data).toMatchObject({ traits: '{"name":"Initech"}', personal: '{"owner":{"name":"Bill"},"support":"help@initech.example"}' }));
  it('is sealed of a campaign in the context too', () => {
    const campaign = { content: 'jane@example.com', name: 'spring' };
    expect(taken({ event: 'X', properties: { a: 1 }, context: { campaign } }, 'track')[0]?.data).toMatchObject({ properties: '{"a":1}', personal: JSON.stringify({ campaign }) });
  });
});

describe('a field that would stand in clear', () => {
  it('is sealed with the rest where it may be left out', () => {
    const refund = { order_id: '1', currency: 'EUR', reason: 'Call me: +41 79 123 45 67' };
    expect(track('Order Refunded', refund).data).toMatchObject({ orderId: '1', reason: null, personal: '{"reason":"Call me: +41 79 123 45 67"}' });
    expect(track('Order Completed', { order_id: '1', currency: 'EUR', products: [{ product_id: 'a', name: 'Mug for jane@example.com' }] }).data).toMatchObject({ lines: [{ productId: 'a', name: null }], personal: '{"products":[{"name":"Mug for jane@example.com"}]}' });
    expect(taken({ type: 'page', name: 'Account of jane@example.com', category: 'Account', properties: { title: 'jane@example.com', path: '/u/jane@example.com', url: 'https://a.example/u/jane@example.com?x=1' } })[0]?.data).toMatchObject({
      name: null, category: 'Account', title: null, path: null, url: null,
      personal: '{"name":"Account of jane@example.com","path":"/u/jane@example.com","title":"jane@example.com","url":"https://a.example/u/jane@example.com?x=1"}',
    });
  });
  it('says nothing where the message has no sealed part', () => expect(track('Email Bounced', { reason: 'jane@example.com is full', email_id: 'e' }).data).toMatchObject({ reason: null, message: { providerMessageId: 'e' } }));
  it('is left out of the context', () => expect(track('X', {}, { context: { app: { name: 'Shop of jane@example.com', version: '1' }, page: { title: 'x' } } }).data).toMatchObject({ context: { appName: null, appVersion: '1' } }));
  it('keeps an address that is keyed, and a token that is sealed', () => {
    expect(track('Unsubscribed', { email: 'jane@example.com' }).data).toMatchObject({ contactPoint: { kind: 'email', value: 'jane@example.com' } });
    expect(track('Device Registered', { device_id: 'D', platform: 'ios', token: 'a@b.example' }).data).toMatchObject({ token: 'a@b.example', tokenKey: { kind: 'token', value: 'a@b.example' } });
  });
  it.each([
    [{ type: 'track', event: 'X', messageId: 'mail of jane@example.com' }, 'messageId'],
    [{ type: 'track', event: 'Mail to jane@example.com' }, 'event'],
    [{ type: 'track', event: 'Paid by 4111 1111 1111 1111' }, 'event'],
    [{ type: 'screen', name: 'Chat with +41 79 123 45 67' }, 'name'],
    [{ type: 'group', groupId: 'jane@example.com' }, 'groupId'],
    [{ type: 'track', event: 'Order Refunded', properties: { order_id: 'jane@example.com', currency: 'EUR', total: 5 } }, 'properties.order_id'],
    [{ type: 'track', event: 'Product Viewed', properties: { sku: 'a', product_id: 'jane@example.com' } }, 'properties.product_id'],
    [{ type: 'identify', traits: { 'jane@example.com': 1 } }, 'traits.…'],
  ])('is refused where the message cannot do without it: %j', (event, path) => {
    const refusal = refused(event);
    expect(refusal.code).toBe('INTAKE.PERSONAL');
    expect(new Set(paths(refusal))).toEqual(new Set([path]));
  });
  it('is refused as the id and type of a CloudEvent, and its source is not shown', () => {
    const event = { specversion: '1.0', id: '1', source: '/shop', type: 'x.y', subject: 'user:42' };
    expect(takeCloudEvent({ ...event, id: 'jane@example.com' }, arrival)).toMatchObject({ refused: { code: 'INTAKE.PERSONAL', issues: [{ path: 'id' }] } });
    expect(takeCloudEvent({ ...event, type: 'mail.to.jane@example.com' }, arrival)).toMatchObject({ refused: { code: 'INTAKE.PERSONAL', issues: [{ path: 'type' }] } });
    expect(takeCloudEvent({ ...event, source: 'mailto:shop@example.com' }, arrival)).toMatchObject({ taken: [{ messageId: expect.stringMatching(/^[0-9a-f-]{36}$/) }] });
  });
});
