import type { Place } from '@touchpoint/contracts';
import { objectAt, platformOf } from './app-context.ts';
import type { Field } from './fields.ts';
import type { Around, MessageTable } from './messages.ts';
import { productFields, productLines } from './product-lines.ts';
import { amount, currency, flag, place, text } from './readers.ts';

const lines = { walk: productLines, otherwise: [], from: ['products'] } as const;
const placeField: Field<Place> = { read: place, otherwise: 'other', from: ['placeOfSale'] };
const amounts = { total: { read: amount }, revenue: { read: amount }, shipping: { read: amount }, tax: { read: amount }, discount: { read: amount } } as const;
const money = { ...amounts, currency: { read: currency, required: true } } as const;

/** Where it happened, for publishers that do not say. */
const inferredPlace = ({ context, ranOn }: Around): Place => {
  if (ranOn === 'mobile' || platformOf(context) === 'ios' || platformOf(context) === 'android') return 'app';
  return ranOn === 'browser' || objectAt(context, 'page') || typeof context?.['userAgent'] === 'string' ? 'web' : 'other';
};
const finishPlace = (data: { place: Place }, around: Around): void => {
  if (data.place === 'other' && around.properties['place'] === undefined) data.place = inferredPlace(around);
};

const product = { within: { ...productFields, properties: { fixed: null } }, optional: false } as const;
type Counted = { product: { productId: string; sku: string | null } };
/** A product's sku stands in for an id that is not said, as it does in lines. */
const finishProduct = (data: Counted, { issues }: Around): void => {
  if (data.product.productId !== '') return;
  if (data.product.sku === null) issues.add('INTAKE.MISSING', 'A product has a product_id or a sku.', 'product_id');
  else data.product = { ...data.product, productId: data.product.sku };
};

type OrderName = 'OrderCompleted' | 'OrderCancelled' | 'OrderRefunded' | 'OrderAdjusted' | 'CheckoutStarted' | 'ProductViewed' | 'ProductAdded' | 'ProductRemoved';

/** Segment's e-commerce spec, version 2. */
export const orderMessages: MessageTable<OrderName> = {
  OrderCompleted: {
    fields: { ...money, orderId: { read: text, required: true }, lines, place: placeField, affiliation: { read: text }, checkoutId: { read: text }, coupon: { read: text } },
    finish: (data, around) => {
      finishPlace(data, around);
      if (data.lines.length === 0 && data.total === null && data.revenue === null) around.issues.add('INTAKE.MISSING', 'An order has products or a total.', 'total');
    },
  },
  OrderCancelled: {
    fields: { ...money, orderId: { read: text, vital: true }, cancellationId: { read: text }, lines, place: placeField, reason: { read: text } },
    finish: (data, around) => {
      finishPlace(data, around);
      if (data.orderId === null && data.lines.length === 0 && data.total === null) around.issues.add('INTAKE.MISSING', 'Say which order, or what of it: products or a total.', 'order_id');
    },
  },
  OrderRefunded: {
    fields: { ...money, orderId: { read: text, vital: true }, refundId: { read: text }, whole: { read: flag, otherwise: false }, lines, place: placeField, reason: { read: text } },
    finish: (data, around) => {
      finishPlace(data, around);
      const nothingSaid = data.lines.length === 0 && data.total === null && data.revenue === null;
      // Segment: an order refunded in full may be named by its id alone.
      if (nothingSaid && around.properties['whole'] === undefined) data.whole = true;
      if (data.orderId === null && nothingSaid) around.issues.add('INTAKE.MISSING', 'Say which order, or what of it: products or a total.', 'order_id');
    },
  },
  OrderAdjusted: {
    fields: { orderId: { read: text, vital: true }, adjustmentId: { read: text }, currency: { read: currency, required: true }, lines, total: { read: amount }, reason: { read: text } },
    finish: (data, { issues }) => {
      if (data.lines.length === 0 && data.total === null) issues.add('INTAKE.MISSING', 'An adjustment has products or a total.', 'total');
    },
  },
  CheckoutStarted: {
    fields: { ...money, checkoutId: { read: text }, orderId: { read: text, vital: true }, lines, affiliation: { read: text }, coupon: { read: text } },
  },
  ProductViewed: { fields: { product, currency: { read: currency } }, finish: finishProduct },
  ProductAdded: { fields: { product, cartId: { read: text }, currency: { read: currency } }, finish: finishProduct },
  ProductRemoved: { fields: { product, cartId: { read: text }, currency: { read: currency } }, finish: finishProduct },
};
