import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isPersonalBy, nameKind } from './personal.ts';
import { holdsPersonal, isCardNumber } from './personal-text.ts';

describe('a text', () => {
  it.each([
    'anna@example.com', 'Write to Anna.Muster+shop@mail.example.co.uk, please', '<anna@b.example>', 'https://a.example/u/anna@b.example/x', '?m=anna%40b.example', 'anna%2540b.example', 'ünal@bücher.example', 'https://anna:pw@host.example/',
    '+41 79 123 45 67', '+41791234567', 'tel:+1(415)555-2671', '+1 (415) 555-2671', 'Call +49 (0)30 / 901820 now', '%2B41791234567', '+41%2079%20123%2045%2067', '0041 79 123 45 67', '00 41 79 123 45 67', '0049 (0)30 901820',
    '4111 1111 1111 1111', '4111-1111-1111-1111', '4111111111111111', 'Card 5500 0000 0000 0004 12/27', '378282246310005', '3782 822463 10005', '3056 930902 5904', '6011.1111.1111.1117', '1234 4111 1111 1111 1111', 'no.4111111111111111', '4111 1111 1111 1111 123',
  ])('with %p in it is personal', (text) => expect(holdsPersonal(text)).toBe(true));
  it.each([
    'Enamel mug', '12.50', '-3', 'SKU-104321', '536365', 'C536379', '85123A', '2026-01-31T11:59:00.000Z', '2026-01-31 11:59:00+0100', '2026-01-31/2026-02-28', '1769860740000', '1769860740000123', 'Sat Jan 31 2026 11:00:00 GMT+0100', '6f1d4f39-1c2d-4e5f-8a9b-0123456789ab',
    '4006381333931', '0041791234567', '00012345678905', '100.000.000', '4.2.0', 'iPhone15,3', '@home', 'a @ b', 'logo@2x.png', 'https://cdn.example/a@3x.webp', 'https://cdn.example/lib@1.2.3/x.js', '3 PCS@2.50', 'price + 12345678', '302-1234567-1234567', '4111111111111112',
    '4111 1111 1111 1112', '41111111111111111111', '0.4111111111111111', 'abc4111111111111111', '4111111111111111.5', '9400 1000 0000 0000 0000 00', '079 123 45 67', '50 % off', 'Europe/Zurich', '40 41 42 43 44 45 46 47',
  ])('such as %p is not', (text) => expect(holdsPersonal(text)).toBe(false));
  it('that names a thing may look like a card, but not like an address', () => {
    expect(holdsPersonal('4111111111111111', true)).toBe(false);
    expect(holdsPersonal('order of anna@example.com', true)).toBe(true);
    expect(holdsPersonal('+41791234567', true)).toBe(true);
  });
  it('that shops send for things, times and amounts stays', () =>
    fc.assert(fc.property(
      fc.oneof(
        fc.uuid(), fc.ulid(), fc.date({ min: new Date('1970-01-01T00:00:00Z'), max: new Date('2100-01-01T00:00:00Z'), noInvalidDate: true }).map((date) => date.toISOString()), fc.integer().map(String), fc.nat(9_999_999).map((cents) => (cents / 100).toFixed(2)), fc.nat().map((n) => `ORD-${n}`), fc.double({ min: -1e6, max: 1e6, noNaN: true }).map(String),
        fc.stringMatching(/^[A-Z]{2,4}-\d{1,12}(?:-\d{1,3})?$/), fc.stringMatching(/^[0-9]{8,14}$/), fc.stringMatching(/^1[0-9]{12}(?:[0-9]{3}|[0-9]{6})?$/), fc.stringMatching(/^[0-9a-f]{64}$/), fc.ipV4(), fc.stringMatching(/^\d{1,3}\.\d{1,3}\.\d{1,3}$/),
      ),
      (text) => expect(holdsPersonal(text)).toBe(false),
    )));
  it('takes no time that grows faster than its length', () => {
    // Each would take years with a pattern that goes back and forth.
    for (const piece of ['a@', '%40', '+1 ', '+41 - ', '00 41 ', '4111 ', '4111-1111-', '1', 'a@a.', '+(1']) expect(typeof holdsPersonal(piece.repeat(200_000 / piece.length))).toBe('boolean');
  });
});

describe('a number', () => {
  it('may be one of a card', () => expect([4111111111111111, 378282246310005].map(isCardNumber)).toEqual([true, true]));
  it.each([4111111111111112, 1769860740000123, 4006381333931, 41791234567, 19.9, 4.111111111111111, -4111111111111111, 2 ** 70, Number.NaN])('such as %p is none', (value) => expect(isCardNumber(value)).toBe(false));
});

describe('a name', () => {
  it.each([
    'email', 'shipping_name', 'shippingName', 'recipient_first_name', 'last_name', 'first', 'last', 'contact', 'customer', 'phone', 'billing_phone_number', 'parentEmail', 'homeAddressLine2', 'address1', 'shipping_postal_code', 'date_of_birth', 'children_birthday', 'card_holder_name', 'customerName1',
    'client_ip', 'user_id', 'CUSTOMER_NUMBER', 'pushToken', 'delivery_instructions', 'guest_phone',
  ])('%p says that its value is personal', (name) => expect(isPersonalBy(nameKind(name), 'x')).toBe(true));
  it.each([
    'name', 'product_name', 'store_name', 'campaign_name', 'brand', 'price', 'shipping', 'billing', 'delivery', 'category', 'order_id', 'sku', 'variant', 'phone_model', 'email_id', 'email_opened', 'page', 'package', 'stage', 'ship', 'vip', 'zip_file', 'new_customer', 'customer_type',
    'order_number', 'coupon_code', 'currency', 'quantity', 'from', 'path', 'city', 'country', 'users', 'guests',
  ])('%p does not', (name) => expect(isPersonalBy(nameKind(name), 'x')).toBe(false));
  it.each(['shipping', 'billing', 'customers', 'recipient', 'user', 'contact', 'person', 'guests', 'shippingInfo', 'billing_details', 'order_customer'])('%p says that an object is about a person', (name) => {
    expect(isPersonalBy(nameKind(name), { name: 'Jane Doe' })).toBe(true);
    expect(isPersonalBy(nameKind(name), [{ name: 'Jane Doe' }])).toBe(true);
  });
  it.each(['product', 'order', 'store', 'seller', 'parent', 'shipping_method', 'variant'])('%p does not say so', (name) => expect(isPersonalBy(nameKind(name), { name: 'x' })).toBe(false));
  it.each(['id', 'order_id', 'orderId', 'sku', 'ean', 'order_number', 'couponCode', 'image_url', 'path'])('%p names a thing', (name) => expect(nameKind(name)).toBe('id'));
  it('takes no time that grows faster than its length', () => {
    for (const name of [`${'1'.repeat(200_000)}a`, 'aB'.repeat(100_000), 'a_'.repeat(100_000), `${'1'.repeat(255)}a`]) expect(nameKind(name)).toBe('other');
  });
  it.each(['note_x', 'number', 'code', 'reason', 'coupon'])('%p names none', (name) => expect(nameKind(name)).toBe('other'));
});
