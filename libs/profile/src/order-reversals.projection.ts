import { amountOf, type OrderAdjusted, type OrderCancelled, type OrderRefunded } from '@touchpoint/contracts';
import type { Recorded } from '@touchpoint/kernel';
import { readModel } from './read-model.ts';

/** Not said which order. */
export const NO_ORDER = '';

/** A reversal's own number, or, where the shop gives none, the message: then each message is one of its own. */
const reversalOf = (own: string | null, { meta }: Recorded): string => own ?? `message:${meta.messageId}`;

/**
 * What changed the worth of orders afterwards. A row of its own for each, so that one that comes twice counts once, one that comes before its order waits for
 * it, and one that names no order stands for itself.
 */
export const orderReversals = readModel<OrderCancelled | OrderRefunded | OrderAdjusted>()({
  name: 'order-reversals',
  version: 1,
  doc: 'What was cancelled, returned or adjusted after orders were placed. One row per customer, order, kind and number.',
  key: {
    orderId: { type: 'text', doc: 'The order. Empty: not said.' },
    kind: { type: 'text', doc: 'cancelled, returned or adjusted.' },
    reversalId: { type: 'text', doc: "Its own number; message:<id> where the shop gave none." },
  },
  columns: {
    firstAt: { type: 'instant', merge: 'min', doc: 'When it happened.' },
    statedAt: { type: 'instant', merge: 'max', doc: 'When it was stated last. That statement counts.' },
    currency: { type: 'text', merge: { latest: 'statedAt' }, doc: 'Currency, ISO 4217.' },
    amount: { type: 'numeric', merge: { latest: 'statedAt' }, doc: 'What is taken off the order; for adjusted: what is added to it. null: not said.' },
    whole: { type: 'boolean', merge: { latest: 'statedAt' }, doc: 'It concerns the whole order: with no amount it takes all that is left of it.' },
    place: { type: 'text', merge: { latest: 'statedAt' }, doc: 'Where it was done. null: not said.' },
    lines: { type: 'integer', merge: { latest: 'statedAt' }, doc: 'Number of lines.' },
    reason: { type: 'text', merge: { latest: 'statedAt' }, doc: 'Why, in the words of the shop.' },
  },
  folds: (put) => ({
    on: {
      OrderCancelled: ({ data }, recorded) => {
        const { orderId, cancellationId, currency, lines, place, reason } = data;
        const amount = amountOf(data);
        const at = recorded.meta.occurredAt;
        const key = { orderId: orderId ?? NO_ORDER, kind: 'cancelled', reversalId: reversalOf(cancellationId, recorded) };
        return [put(key, { firstAt: at, statedAt: at, currency, amount, whole: amount === null && lines.length === 0, place, lines: lines.length, reason })];
      },
      OrderRefunded: ({ data }, recorded) => {
        const { orderId, refundId, currency, lines, place, reason, whole } = data;
        const at = recorded.meta.occurredAt;
        const key = { orderId: orderId ?? NO_ORDER, kind: 'returned', reversalId: reversalOf(refundId, recorded) };
        return [put(key, { firstAt: at, statedAt: at, currency, amount: amountOf(data), whole, place, lines: lines.length, reason })];
      },
      OrderAdjusted: ({ data }, recorded) => {
        const { orderId, adjustmentId, currency, lines, reason } = data;
        const at = recorded.meta.occurredAt;
        const key = { orderId: orderId ?? NO_ORDER, kind: 'adjusted', reversalId: reversalOf(adjustmentId, recorded) };
        return [put(key, { firstAt: at, statedAt: at, currency, amount: amountOf(data), whole: false, place: null, lines: lines.length, reason })];
      },
    },
  }),
});
