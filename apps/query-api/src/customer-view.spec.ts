import { describe, expect, it } from '@jest/globals';
import { parseDecimal, type Sealed } from '@touchpoint/kernel';
import { readModels } from '@touchpoint/profile';
import { showCustomer, type CustomerRows } from './customer-view.ts';
import { PersonalValues } from './personal-values.ts';

const AT = Date.UTC(2026, 2, 14, 12);
const NONE: CustomerRows = { profile: [], activity: [], orders: [], orderReversals: [], appUsage: [], engagement: [], devices: [], contactPoints: [], consent: [], messages: [], segmentMoves: [], currentSources: new Set() };
const money = (text: string) => parseDecimal(text)!;
const base64 = (text: string) => Buffer.from(text).toString('base64');
const vault = { unseal: async (values: readonly Sealed[]) => values.map((value) => { const text = Buffer.from(value).toString(); return text === 'gone' ? null : text; }) };
/** A row with nothing in it but what is given. */
const row = <N extends keyof typeof readModels>(name: N, more: object) => ({ ...Object.fromEntries(Object.keys(readModels[name].columns).map((column) => [column, null])), ...more }) as never;
const shown = async (rows: Partial<CustomerRows>) => {
  const values = new PersonalValues();
  const view = showCustomer({ ...NONE, ...rows }, values);
  await PersonalValues.open(vault, values);
  return { ...view, redacted: values.redacted };
};

describe('a customer of whom nothing is known', () => {
  it('is shown, empty', async () => {
    expect(await shown({})).toMatchObject({ traits: {}, sources: [], activity: { firstSeenAt: null, lastSeenAt: null, events: 0 }, orders: [], appUsage: null, consent: [], messages: { total: 0 }, redacted: [] });
  });
});

describe('the rows of several timelines', () => {
  it('are shown as one customer', async () => {
    const view = await shown({
      activity: [row('activity', { firstSeenAt: AT, lastSeenAt: AT, events: 2 }), row('activity', { firstSeenAt: AT - 5, lastSeenAt: AT - 1, events: 3 })],
      orders: [row('orders', { orderId: 'a', placedAt: AT, statedAt: AT, currency: 'EUR', gross: money('10'), lines: 1 }), row('orders', { orderId: 'b', placedAt: AT, statedAt: AT, currency: 'GBP', gross: money('7.5'), lines: 1 }), row('orders', { orderId: 'c', placedAt: AT + 9, statedAt: AT, currency: 'EUR', gross: money('0.1'), lines: 1 })],
      // The whole of an order that lies on the other timeline.
      orderReversals: [row('orderReversals', { orderId: 'a', kind: 'cancelled', reversalId: 'x', firstAt: AT, statedAt: AT, whole: true })],
      appUsage: [row('appUsage', { day: '2026-03-14', opens: 1, screens: 0, slots: 1, firstAt: AT, lastAt: AT }), row('appUsage', { day: '2026-03-14', opens: 1, screens: 2, slots: 2, firstAt: AT, lastAt: AT + 1 })],
    });
    expect(view.activity).toEqual({ firstSeenAt: '2026-03-14T11:59:59.995Z', lastSeenAt: '2026-03-14T12:00:00.000Z', events: 5 });
    expect(view.orders).toMatchObject([{ currency: 'EUR', count: 2, gross: '10.1', cancelled: '10', net: '0.1', lastAt: '2026-03-14T12:00:00.009Z' }, { currency: 'GBP', net: '7.5' }]);
    expect(view.appUsage).toMatchObject({ opens: 2, sessions: 1, screens: 2, daysActive: 1 });
  });
});

describe('a trait', () => {
  const profile = (traits: object, personal: object) => [row('profile', { traits, personal, sources: {}, updatedAt: AT })];
  it('is as it was stated last, in clear or under the seal', async () => {
    expect((await shown({ profile: profile({ size: { at: AT, value: 'M' } }, { size: { at: AT + 1, value: base64('"L"') } }) })).traits).toEqual({ size: { value: 'L', statedAt: '2026-03-14T12:00:00.001Z', personal: true } });
    expect((await shown({ profile: profile({ size: { at: AT + 1, value: 'M' } }, { size: { at: AT, value: base64('"L"') } }) })).traits).toEqual({ size: { value: 'M', statedAt: '2026-03-14T12:00:00.001Z', personal: false } });
  });
  it('that was taken back is not there', async () => {
    expect((await shown({ profile: profile({ size: { at: AT, value: null } }, { size: { at: AT, value: null } }) })).traits).toEqual({});
  });
  it('that is an address is text, also one that is none and so was kept as JSON', async () => {
    const { traits } = await shown({ profile: profile({}, { email: { at: AT, value: base64('ada@example.com') }, phone: { at: AT, value: base64('"call me"') } }) });
    expect(traits).toMatchObject({ email: { value: 'ada@example.com' }, phone: { value: 'call me' } });
  });
  it('whose key is gone is null, and listed by a pointer', async () => {
    const { traits, redacted } = await shown({ profile: profile({}, { 'a/b': { at: AT, value: base64('gone') } }) });
    expect([traits, redacted]).toEqual([{ 'a/b': { value: null, statedAt: '2026-03-14T12:00:00.000Z', personal: true } }, ['/traits/a~1b/value']]);
  });
});

describe('consent', () => {
  const said = (purpose: string, state: string, at: number, contactPoint = '') => row('consent', { channel: 'email', purpose, contactPoint, state, at, method: 'form', source: 'shop', wording: `${purpose} wording` });
  it('is what counts now, with the statement that says so', async () => {
    const { consent } = await shown({ consent: [said('marketing', 'granted', AT), said('*', 'withdrawn', AT + 1), said('transactional', 'granted', AT - 1), said('survey', 'granted', AT + 2, 'k1')] });
    expect(consent.map(({ purpose, contactPoint, state, statedFor, wording }) => [purpose, contactPoint, state, statedFor.purpose, wording])).toEqual([
      ['*', null, 'withdrawn', '*', '* wording'], ['marketing', null, 'withdrawn', '*', '* wording'], ['survey', 'k1', 'granted', 'survey', 'survey wording'], ['transactional', null, 'granted', 'transactional', 'transactional wording'],
    ]);
  });
});

describe('a contact point', () => {
  it('is reachable where a message would go there', async () => {
    const point = (contactPoint: string, statedAt: number, more: object = {}) => row('contactPoints', { channel: 'email', contactPoint, firstStatedAt: statedAt, statedAt, address: Buffer.from(contactPoint), ...more });
    const { contactPoints } = await shown({ contactPoints: [point('old', AT), point('new', AT + 1), row('contactPoints', { channel: 'sms', contactPoint: '', status: 'removed', statusAt: AT })] });
    expect(contactPoints.map(({ contactPoint, reachable, address, status }) => [contactPoint, reachable, address, status])).toEqual([['new', true, 'new', 'active'], ['old', false, 'old', 'active']]);
  });
});
