import { describe, expect, it } from '@jest/globals';
import { catalog, trackNames } from '@touchpoint/contracts';
import { eventNames } from './messages.ts';
import { AT, paths, refused, taken, track } from './taking.fixture.ts';

describe('an order as Segment documents it', () => {
  const order = {
    checkout_id: 'fksdjfsdjfisjf9sdfjsd9f', order_id: '50314b8e9bcf000000000000', affiliation: 'Google Store', total: 27.5, subtotal: 22.5, revenue: 25, shipping: 3, tax: 2, discount: 2.5,
    coupon: 'hasbros', currency: 'usd',
    products: [
      { product_id: '507f1f77bcf86cd799439011', sku: '45790-32', name: 'Monopoly: 3rd Edition', price: 19, quantity: 1, category: 'Games', url: 'https://shop.example/p?id=1', image_url: 'https://shop.example/p.jpg' },
      { sku: '46493-32', name: 'Uno', price: '3.10', quantity: 2, position: 2 },
    ],
  };
  it('is OrderCompleted with exact amounts, lines and leftovers', () => {
    const { type, data, occurredAt, sources, link } = track('Order Completed', order);
    expect({ type, occurredAt, sources, link }).toEqual({ type: 'OrderCompleted', occurredAt: AT - 60_000, sources: [{ kind: 'user', value: '42' }], link: 'none' });
    expect(data).toMatchObject({ orderId: order.order_id, currency: 'USD', total: 27_500_000n, discount: 2_500_000n, coupon: 'hasbros', affiliation: 'Google Store', place: 'other', properties: '{"subtotal":22.5}', personal: null });
    expect((data as { lines: unknown }).lines).toMatchObject([
      { productId: '507f1f77bcf86cd799439011', quantity: 1_000_000n, price: 19_000_000n, url: 'https://shop.example/p?id=1', properties: null },
      { productId: '46493-32', sku: '46493-32', quantity: 2_000_000n, price: 3_100_000n, properties: '{"position":2}' },
    ]);
  });
  it('is the same in camelCase', () => {
    const { products, order_id: orderId, checkout_id: checkoutId, ...rest } = order;
    const camel = { ...rest, orderId, checkoutId, products: products.map(({ product_id: productId, image_url: imageUrl, ...line }) => ({ ...line, productId, imageUrl })) };
    expect(track('Order Completed', JSON.parse(JSON.stringify(camel)) as object).data).toEqual(track('Order Completed', order).data);
  });
  it.each(['order completed', 'order_completed', 'Order-Completed', 'Completed Order'])('is known as %p too', (name) => expect(track(name, order).type).toBe('OrderCompleted'));
  it('names each wrong property with its path', () => {
    const refusal = refused({ event: 'Order Completed', properties: { order_id: { id: 1 }, total: 'ten', currency: 'euro', products: [{ product_id: 'a', price: true }, 'b', { name: 'nameless' }] } }, 'track');
    expect(refusal.code).toBe('INTAKE.INVALID');
    expect(refusal.issues.map(({ path, code }) => `${path} ${code}`)).toEqual([
      'properties.currency INTAKE.WRONG_TYPE', 'properties.order_id INTAKE.WRONG_TYPE', 'properties.products[0].price INTAKE.WRONG_TYPE', 'properties.products[1] INTAKE.WRONG_TYPE',
      'properties.products[2].product_id INTAKE.MISSING', 'properties.total INTAKE.WRONG_TYPE',
    ]);
  });
  it('keeps float noise out and refuses what is not exact', () => {
    expect(track('Order Completed', { ...order, total: 0.1 + 0.2 }).data).toMatchObject({ total: 300_000n });
    expect(paths(refused({ event: 'Order Completed', properties: { ...order, total: '1.0000001' } }, 'track'))).toEqual(['properties.total']);
    expect(paths(refused({ event: 'Order Completed', properties: { ...order, total: 10 / 3 } }, 'track'))).toEqual(['properties.total']);
  });
  it('seals what a line says of the person, at the place of the line', () => {
    const { data } = track('Order Completed', { ...order, products: [{ product_id: 'a' }, { product_id: 'b', engraving: 'For Anna', position: 1 }] });
    expect(data).toMatchObject({ personal: '{"products":[null,{"engraving":"For Anna"}]}' });
    expect((data as unknown as { lines: { properties: string | null }[] }).lines[1]?.properties).toBe('{"position":1}');
  });
  it.each([
    [{ place: 'store' }, {}, 'store'],
    [{}, { context: { device: { type: 'ios' } } }, 'app'],
    [{}, { channel: 'mobile' }, 'app'],
    [{}, { context: { userAgent: 'Mozilla/5.0 (Windows NT 10.0)' } }, 'web'],
    [{}, { channel: 'server' }, 'other'],
  ])('was placed by %p and %p in %p', (said, around, place) => expect(track('Order Completed', { ...order, ...said }, around).data).toMatchObject({ place }));
});

describe('an order taken back', () => {
  it.each([
    ['by its id alone: whole', { order_id: '1', currency: 'EUR' }, true],
    ['in part', { order_id: '1', currency: 'EUR', products: [{ product_id: 'a', quantity: 1 }] }, false],
    ['by an amount', { order_id: '1', currency: 'EUR', total: 5 }, false],
    ['as the publisher says', { order_id: '1', currency: 'EUR', total: 5, whole: true }, true],
  ])('is refunded %s', (_, properties, whole) => expect(track('Order Refunded', properties).data).toMatchObject({ whole }));
  it('may name no order, but then what', () => {
    expect(track('Order Cancelled', { currency: 'EUR', total: 5, cancellation_id: 'C1' }).data).toMatchObject({ orderId: null, cancellationId: 'C1' });
    expect(paths(refused({ event: 'Order Cancelled', properties: { currency: 'EUR' } }, 'track'))).toEqual(['properties.order_id']);
  });
});

describe('the table of names', () => {
  it('holds a reading for every touchpoint but traits and groups', () =>
    expect([...eventNames].sort()).toEqual(Object.values(catalog).filter(({ context, name }) => context === 'touchpoint' && name !== 'TraitsSet' && name !== 'GroupJoined').map(({ name }) => name).sort()));
  it('has a message that can be read for every name', () => expect(Object.values(trackNames).filter(({ type }) => !eventNames.includes(type as never))).toEqual([]));
});

describe('what happened to a message', () => {
  it.each([
    ['Email Opened', { email_id: 'e1', campaign_id: 'c1' }, 'MessageOpened', { message: { channel: 'email', providerMessageId: 'e1', campaignId: 'c1' } }],
    ['Email Link Clicked', { link_id: 'l', link_url: 'https://a.example/x?email=a@b.example' }, 'MessageClicked', { linkId: 'l', url: 'https://a.example/x', message: { channel: 'email' } }],
    ['Email Bounced', { email: 'nonsense' }, 'MessageBounced', { permanent: false, message: { channel: 'email', contactPoint: null } }],
    ['Email Bounced', { email: 'A@B.example', bounce_type: 'hard', detail: 'no such user a@b.example' }, 'MessageBounced', { permanent: true, detail: null, message: { contactPoint: { kind: 'email', value: 'a@b.example' } } }],
    ['Email Marked as Spam', {}, 'MessageComplained', { message: { channel: 'email' } }],
    ['Push Notification Tapped', { action: 'Accept', campaign: { name: 'spring', medium: 'push' }, command_id: 'x' }, 'MessageClicked', { action: 'Accept', message: { channel: 'push', campaignId: 'spring', commandId: 'x' } }],
    ['Push Notification Received', {}, 'MessageDelivered', { message: { channel: 'push' } }],
    ['Unsubscribed', { list_id: 'l1', email_id: 'e' }, 'Unsubscribed', { channel: 'email', listId: 'l1', message: { channel: 'email', providerMessageId: 'e' } }],
    ['Unsubscribed', { channel: 'sms', phone: '+41 79 123 45 67' }, 'Unsubscribed', { channel: 'sms', contactPoint: { kind: 'phone', value: '+41791234567' }, message: null }],
  ])('%s of %p is %s', (name, properties, type, data) => expect(track(name, properties)).toMatchObject({ type, data }));
});

describe('pages, screens and the life of an app', () => {
  it('cuts queries from URLs and takes the context where the page says nothing', () => {
    const page = taken({ type: 'page', name: 'Home', properties: { url: 'https://a.example/x?token=1#f', search: '?token=1', tab: 2 }, context: { page: { title: 'Hello', referrer: 'https://b.example/?q=anna' } } })[0]!;
    expect(page).toMatchObject({ type: 'PageViewed', data: { name: 'Home', url: 'https://a.example/x', title: 'Hello', referrer: 'https://b.example/', properties: '{"tab":2}', personal: '{"search":"?token=1"}' } });
  });
  it('needs a name for a screen, or a category', () => {
    expect(taken({ type: 'screen', category: 'Cart' })[0]?.data).toMatchObject({ name: 'Cart', category: 'Cart' });
    expect(paths(refused({ type: 'screen' }))).toEqual(['properties.name']);
  });
  it('keeps the class of a device, and neither address nor user agent', () => {
    const context = { ip: '8.8.8.8', userAgent: 'Mozilla/5.0 (iPad; CPU OS 17_0)', device: { id: 'D', name: "Anna's iPad", advertisingId: 'AD', model: 'iPad14,1', manufacturer: 'Apple', type: 'ios' }, app: { name: 'Shop', version: '4.2.0' }, os: { name: 'iOS', version: '17' }, locale: 'de-CH', timezone: 'Europe/Zurich', screen: { width: 320.4, height: 'x' }, campaign: { name: 'spring', source: 'mail' } };
    const { data } = track('Application Opened', { from_background: true, version: '4.2.1' }, { context });
    expect(data).toMatchObject({ fromBackground: true, context: { deviceClass: 'tablet', deviceModel: 'iPad14,1', appVersion: '4.2.0', screenWidth: 320, screenHeight: null }, properties: '{"campaign":{"name":"spring","source":"mail"},"version":"4.2.1"}' });
    expect(JSON.stringify(data)).not.toMatch(/8\.8\.8\.8|Mozilla|Anna|"AD"/);
  });
  it('completes a context without version by what the event says', () => expect(track('Application Installed', { version: '1.2', build: 7 }).data).toMatchObject({ context: { appVersion: '1.2', appBuild: '7' } }));
});

describe('any other event', () => {
  it('is Tracked, with what is known to be personal sealed', () => {
    const properties = { rating: 5, first_name: 'Anna', order: { email: 'x' }, seller: { id: 3 }, to: 'anna@example.com', link: 'https://a.example?m=anna%40b.example', list: [1, { phone: 1 }] };
    expect(track('Survey Answered', properties)).toMatchObject({
      type: 'Tracked',
      data: { name: 'Survey Answered', properties: '{"rating":5,"seller":{"id":3}}', personal: '{"first_name":"Anna","link":"https://a.example?m=anna%40b.example","list":[1,{"phone":1}],"order":{"email":"x"},"to":"anna@example.com"}' },
    });
  });
  it('never trips over names of Object', () => expect(track('__proto__', JSON.parse('{"__proto__":{"x":1},"constructor":2,"toString":3}')).data).toMatchObject({ name: '__proto__', properties: '{"__proto__":{"x":1},"constructor":2,"toString":3}' }));
});

describe('identify', () => {
  const identify = (traits: object, more: object = {}) => taken({ traits, ...more }, 'identify')[0]!;
  it('seals every trait that is not known to be harmless, and links what it names', () => {
    const { data, sources, link } = identify({ email: ' Anna@Example.COM ', phone: '0041 79 123 45 67', firstName: 'Anna', plan: 'gold', interests: ['a', 'b'], tags: [{ x: 1 }], language: 'anna@example.com', gone: null }, { anonymousId: 'a-1', context: { device: { id: 'D' } } });
    expect({ link, sources }).toEqual({ link: 'identify', sources: [{ kind: 'user', value: '42' }, { kind: 'anonymous', value: 'a-1' }, { kind: 'device', value: 'D' }, { kind: 'email', value: 'anna@example.com' }, { kind: 'phone', value: '+41791234567' }] });
    expect(data).toMatchObject({
      email: 'Anna@Example.COM', emailKey: { kind: 'email', value: 'anna@example.com' }, phone: '+41791234567', phoneKey: { kind: 'phone', value: '+41791234567' },
      traits: '{"interests":["a","b"],"plan":"gold"}', removed: ['gone'],
      personal: [{ name: 'firstName', value: '"Anna"' }, { name: 'language', value: '"anna@example.com"' }, { name: 'tags', value: '[{"x":1}]' }],
    });
  });
  it('keeps an address that nothing could be sent to, as no contact point', () =>
    expect(identify({ email: 'n/a', phone: '079 123 45 67' }).data).toMatchObject({ email: null, emailKey: null, phone: null, personal: [{ name: 'email', value: '"n/a"' }, { name: 'phone', value: '"079 123 45 67"' }] }));
  it('refuses an address of another type', () => expect(paths(refused({ traits: { email: { x: 1 } } }, 'identify'))).toEqual(['traits.email']));
  it('gives a device beside it where the context holds its push token', () => {
    const context = { device: { id: 'D', type: 'android', token: 'tok' }, app: { namespace: 'ch.example' } };
    const records = taken({ traits: {}, context }, 'identify');
    expect(records[1]).toMatchObject({ type: 'DeviceRegistered', messageId: 'm-1/device', causationId: 'm-1', link: 'none', data: { deviceKey: { kind: 'device', value: 'D' }, platform: 'android', token: 'tok', tokenKey: { kind: 'token', value: 'tok' }, appId: 'ch.example' } });
    expect(records[1]?.sources[0]).toEqual(records[0]?.sources[0]);
    expect(taken({ event: 'Product Viewed', properties: { product_id: 'p' }, context }, 'track')).toHaveLength(1);
  });
});

describe('alias and group', () => {
  it('names the previous id in both kinds, unless the event shows which it is', () => {
    expect(taken({ previousId: 'p' }, 'alias')[0]).toMatchObject({ type: 'TraitsSet', link: 'alias', sources: [{ kind: 'user', value: '42' }, { kind: 'user', value: 'p' }, { kind: 'anonymous', value: 'p' }] });
    expect(taken({ previousId: 'p', anonymousId: 'p' }, 'alias')[0]?.sources).toEqual([{ kind: 'user', value: '42' }, { kind: 'anonymous', value: 'p' }]);
    expect(paths(refused({}, 'alias'))).toEqual(['previousId']);
  });
  it('seals only what is known to be personal of a group', () =>
    expect(taken({ groupId: 'g', traits: { name: 'Initech', employees: 329, phone: '1' } }, 'group')[0]).toMatchObject({ type: 'GroupJoined', data: { groupId: 'g', traits: '{"employees":329,"name":"Initech"}', personal: '{"phone":"1"}' } }));
});

describe('devices and consent', () => {
  it('reads them from properties or context', () => {
    expect(track('Device Registered', { device_id: 'D', platform: 'iOS', token: 't' }).data).toMatchObject({ deviceKey: { kind: 'device', value: 'D' }, platform: 'ios', tokenKey: { kind: 'token', value: 't' } });
    expect(track('Application Uninstalled', {}, { context: { device: { id: 'D' } } })).toMatchObject({ type: 'DeviceRemoved', data: { deviceKey: { kind: 'device', value: 'D' } } });
    expect(paths(refused({ event: 'Device Registered', properties: {} }, 'track'))).toEqual(['properties.device_id', 'properties.platform']);
    expect(track('Consent Changed', { channel: 'email', purpose: 'marketing', granted: false, email: 'a@b.example' }).data).toMatchObject({ granted: false, contactPoint: { kind: 'email', value: 'a@b.example' } });
    expect(paths(refused({ event: 'Consent Changed', properties: { channel: 'fax', granted: 'yes', email: 'nobody' } }, 'track'))).toEqual(['properties.channel', 'properties.email', 'properties.granted', 'properties.purpose']);
  });
});
