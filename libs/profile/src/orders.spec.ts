import { describe, expect, it } from '@jest/globals';
import { amountOf, type DataOf, type Draft } from '@touchpoint/contracts';
import { formatDecimal, HOUR } from '@touchpoint/kernel';
import { customerOrders, type CustomerOrders } from './customer-orders.query.ts';
import { merge } from './merge.ts';
import { readModels } from './projections.ts';
import type { OrderReversalRow, OrderRow } from './rows.ts';
import { ADA, BEN, decimal, happened, NOON, rowsOf, type Happened } from './timeline.fixture.ts';

type Line = Draft<DataOf<'OrderCompleted'>>['lines'][number];
const line = (quantity: string, price?: string): Line => ({ productId: 'p', quantity: decimal(quantity), price: price === undefined ? null : decimal(price) });
const placed = (orderId: string, total: string | null, at = NOON, of = ADA, currency = 'EUR') =>
  happened('OrderCompleted', { orderId, currency, lines: [], place: 'web', total: total === null ? null : decimal(total) }, at, of);
const cancelled = (orderId: string | null, draft: Partial<Draft<DataOf<'OrderCancelled'>>> = {}, at = NOON + HOUR, of = ADA) =>
  happened('OrderCancelled', { orderId, currency: 'EUR', lines: [], place: 'web', ...draft }, at, of);
const returned = (orderId: string | null, draft: Partial<Draft<DataOf<'OrderRefunded'>>> = {}, at = NOON + HOUR, of = ADA) =>
  happened('OrderRefunded', { orderId, currency: 'EUR', lines: [], place: 'store', whole: false, ...draft }, at, of);

const summary = (...timeline: readonly Happened[]): readonly CustomerOrders[] => {
  const customers = [...new Set(timeline.map(({ recorded }) => recorded.customerId))];
  const rows = <R extends Readonly<Record<string, unknown>>>(model: (typeof readModels)['orders' | 'orderReversals']) =>
    merge(model, customers.flatMap((of) => rowsOf<R>(model, ...timeline.filter(({ recorded }) => recorded.customerId === of))));
  return customerOrders(rows<OrderRow>(readModels.orders), rows<OrderReversalRow>(readModels.orderReversals));
};
const texts = (sum: CustomerOrders | undefined) => Object.fromEntries((['gross', 'cancelled', 'returned', 'adjusted', 'net'] as const).map((name) => [name, formatDecimal(sum![name])]));

describe('the worth of an order', () => {
  it('is its total, else its lines, else goods, shipping and tax', () => {
    expect(amountOf({ lines: [], total: decimal('9'), revenue: decimal('1') })).toBe(decimal('9'));
    expect(amountOf({ lines: [line('2', '1.5'), line('1')] as never, total: null, revenue: decimal('1') })).toBe(decimal('3'));
    expect(amountOf({ lines: [], total: null, revenue: decimal('5'), shipping: decimal('2'), tax: null })).toBe(decimal('7'));
    expect(amountOf({ lines: [line('1')] as never, total: null })).toBeNull();
  });
  it('is exact, with prices and quantities of either sign, and rounded once', () =>
    expect(amountOf({ lines: [line('0.000001', '0.4'), line('0.000001', '0.4'), line('-1', '2'), line('3', '-0.5'), line('0', '7')] as never, total: null })).toBe(decimal('-3.499999')));
});

describe('orders', () => {
  it('keeps the first time it was placed and the last statement of it', () =>
    expect(rowsOf<OrderRow>(readModels.orders, placed('1', '20', NOON), placed('1', '10', NOON - HOUR))).toEqual([
      { orderId: '1', placedAt: NOON - HOUR, statedAt: NOON, place: 'web', currency: 'EUR', gross: decimal('20'), lines: 0 },
    ]));
  it('sums what was placed, by currency', () => {
    const [euros, pounds] = summary(placed('1', '20'), placed('2', '1.5', NOON + HOUR), placed('3', '7', NOON, ADA, 'GBP'));
    expect(euros).toMatchObject({ currency: 'EUR', count: 2, first: NOON, last: NOON + HOUR });
    expect(texts(euros)).toEqual({ gross: '21.5', cancelled: '0', returned: '0', adjusted: '0', net: '21.5' });
    expect([pounds!.currency, formatDecimal(pounds!.net)]).toEqual(['GBP', '7']);
  });
});

describe('what is taken back', () => {
  it.each([
    ['the whole order', [cancelled('1')], { cancelled: '100', returned: '0', net: '0' }],
    ['lines of it', [cancelled('1', { lines: [line('2', '15')] })], { cancelled: '30', returned: '0', net: '70' }],
    ['an amount', [returned('1', { total: decimal('40') })], { cancelled: '0', returned: '40', net: '60' }],
    ['a part, and then the rest', [returned('1', { total: decimal('40') }), cancelled('1')], { cancelled: '60', returned: '40', net: '0' }],
    ['the whole, twice', [returned('1', { whole: true }), cancelled('1')], { cancelled: '100', returned: '0', net: '0' }],
    ['the whole, for less than was paid', [returned('1', { whole: true, total: decimal('95') })], { cancelled: '0', returned: '95', net: '5' }],
    ['more than was paid, then the whole', [returned('1', { total: decimal('110') }), returned('1', { whole: true })], { cancelled: '0', returned: '110', net: '-10' }],
    ['lines without a price', [returned('1', { lines: [line('2')] })], { cancelled: '0', returned: '0', net: '100' }],
    ['what no order is named for', [cancelled(null, { cancellationId: 'C1', lines: [line('1', '15')] })], { cancelled: '15', returned: '0', net: '85' }],
    ['an order that is not known', [cancelled('9', { total: decimal('15') }), cancelled('8')], { cancelled: '15', returned: '0', net: '85' }],
  ])('is %s', (_what, reversals, expected) => {
    expect(texts(summary(placed('1', '100'), ...reversals)[0])).toMatchObject(expected);
    expect(texts(summary(...reversals.toReversed(), placed('1', '100'))[0])).toMatchObject(expected);
  });
  it('leaves an order of less than nothing at nothing', () => {
    expect(texts(summary(placed('1', '-50'), cancelled('1'))[0])).toMatchObject({ cancelled: '-50', net: '0' });
    expect(texts(summary(placed('1', null), returned('1', { total: decimal('5') }), cancelled('1'))[0])).toMatchObject({ cancelled: '0', net: '-5' });
  });
  it('counts once under its own number, on either timeline of a merged customer', () => {
    const refund = { refundId: 'R1', total: decimal('40') };
    expect(texts(summary(placed('1', '100'), returned('1', refund), returned('1', refund, NOON + 2 * HOUR), returned('1', refund, NOON, BEN))[0])).toMatchObject({ returned: '40', net: '60' });
    expect(texts(summary(placed('1', '100'), returned('1', refund), returned('1', { ...refund, refundId: 'R2' }))[0])).toMatchObject({ returned: '80', net: '20' });
    expect(texts(summary(placed('1', '100'), returned('1', { total: decimal('1') }), returned('1', { total: decimal('1') }))[0])).toMatchObject({ returned: '2', net: '98' });
  });
  it('joins an order and its return that different timelines hold', () =>
    expect(texts(summary(placed('1', '100'), returned('1', { whole: true }, NOON + HOUR, BEN))[0])).toMatchObject({ gross: '100', returned: '100', net: '0' }));
  it('adds an adjustment with its sign', () =>
    expect(texts(summary(placed('1', '100'), happened('OrderAdjusted', { orderId: null, adjustmentId: 'A1', currency: 'EUR', lines: [line('1', '-30')] }))[0])).toMatchObject({ adjusted: '-30', net: '70' }));
});
