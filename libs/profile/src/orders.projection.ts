import { amountOf, type OrderCompleted } from '@touchpoint/contracts';
import { readModel } from './read-model.ts';

/** Orders as they were placed. What was taken back stands in `order-reversals`, so each counts once, in whatever order they come. */
export const orders = readModel<OrderCompleted>()({
  name: 'orders',
  version: 1,
  doc: 'Orders as they were placed. One row per customer and order; what was cancelled, returned or adjusted stands in order_reversals.',
  key: { orderId: { type: 'text', doc: 'The order, as the shop numbers it.' } },
  columns: {
    placedAt: { type: 'instant', merge: 'min', doc: 'When it was placed.' },
    statedAt: { type: 'instant', merge: 'max', doc: 'When it was stated last. That statement counts.' },
    place: { type: 'text', merge: { latest: 'statedAt' }, doc: 'Where it was placed: app, web, store or other.' },
    currency: { type: 'text', merge: { latest: 'statedAt' }, doc: 'Currency, ISO 4217.' },
    gross: { type: 'numeric', merge: { latest: 'statedAt' }, doc: 'What was to be paid. null: the shop did not say.' },
    lines: { type: 'integer', merge: { latest: 'statedAt' }, doc: 'Number of lines.' },
  },
  folds: (put) => ({
    on: {
      OrderCompleted: ({ data }, { meta: { occurredAt: at } }) => [
        put({ orderId: data.orderId }, { placedAt: at, statedAt: at, place: data.place, currency: data.currency, gross: amountOf(data), lines: data.lines.length }),
      ],
    },
  }),
});
