import { add, subtract, ZERO, type Decimal, type Instant } from '@touchpoint/kernel';
import { NO_ORDER } from './order-reversals.projection.ts';
import type { OrderReversalRow, OrderRow } from './rows.ts';

/** A customer's orders in one currency. net = gross − cancelled − returned + adjusted. */
export type CustomerOrders = Readonly<{
  currency: string; count: number; gross: Decimal; cancelled: Decimal; returned: Decimal; adjusted: Decimal; net: Decimal; first: Instant | null; last: Instant | null;
}>;
type Sums = { count: number; gross: Decimal; cancelled: Decimal; returned: Decimal; adjusted: Decimal; first: Instant | null; last: Instant | null };
type Reversal = Pick<OrderReversalRow, 'orderId' | 'kind' | 'amount' | 'whole' | 'currency'>;
type Order = Pick<OrderRow, 'orderId' | 'placedAt' | 'gross' | 'currency'>;

/** What is left of an order. Nothing is where as much, or more, was taken off it already: what was overpaid back stays so. */
const leftOf = (gross: Decimal, taken: Decimal): Decimal => {
  const left = subtract(gross, taken);
  return (gross > 0n && left > 0n) || (gross < 0n && left < 0n) ? left : ZERO;
};

/**
 * Sums orders and what was taken back of them, by currency, the most orders first. Takes rows of a whole set after `merge`. A reversal that names no
 * known order stands with its own amount; one of a whole order without an amount takes what is left of it, and nothing while the order is not known.
 */
export const customerOrders = (orders: Iterable<Order>, reversals: Iterable<Reversal>): readonly CustomerOrders[] => {
  const byCurrency = new Map<string, Sums>();
  const sums = (currency: string | null): Sums => {
    const there = byCurrency.get(currency ?? '');
    const made = there ?? { count: 0, gross: ZERO, cancelled: ZERO, returned: ZERO, adjusted: ZERO, first: null, last: null };
    if (!there) byCurrency.set(currency ?? '', made);
    return made;
  };
  const known = new Map<string, Order>();
  for (const order of orders) {
    known.set(order.orderId, order);
    const sum = sums(order.currency);
    sum.count += 1;
    sum.gross = add(sum.gross, order.gross ?? ZERO);
    if (order.placedAt !== null) {
      sum.first = Math.min(sum.first ?? order.placedAt, order.placedAt);
      sum.last = Math.max(sum.last ?? order.placedAt, order.placedAt);
    }
  }

  const taken = new Map<string, Decimal>();
  const wholly = new Map<string, 'cancelled' | 'returned'>();
  for (const { orderId, kind, amount, whole, currency } of reversals) {
    const side = kind === 'cancelled' || kind === 'returned' ? kind : 'adjusted';
    if (amount !== null) {
      const sum = sums(currency);
      sum[side] = add(sum[side], amount);
      if (side !== 'adjusted' && orderId !== NO_ORDER) taken.set(orderId, add(taken.get(orderId) ?? ZERO, amount));
    } else if (whole && side !== 'adjusted' && wholly.get(orderId) !== 'cancelled') wholly.set(orderId, side);
  }
  for (const [orderId, side] of wholly) {
    const order = known.get(orderId);
    if (!order) continue;
    const sum = sums(order.currency);
    sum[side] = add(sum[side], leftOf(order.gross ?? ZERO, taken.get(orderId) ?? ZERO));
  }

  return [...byCurrency]
    .map(([currency, sum]) => ({ currency, ...sum, net: add(subtract(subtract(sum.gross, sum.cancelled), sum.returned), sum.adjusted) }))
    .sort((a, b) => b.count - a.count || (a.currency < b.currency ? -1 : 1));
};
