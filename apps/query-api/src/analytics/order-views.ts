import { readModels } from '@touchpoint/profile';
import { mergedSelect } from './merged-select.ts';
import type { View } from './view.ts';

const CUSTOMER = 'The customer; of merged ones, the one that survives.';
const ORDERS = mergedSelect(readModels.orders, ['placedAt', 'place', 'currency', 'gross', 'lines']);
/** Only of these must it be known what is left of them. */
const TAKEN_BACK_WHOLE = mergedSelect(readModels.orders, ['currency', 'gross'], "t.order_id in (select w.order_id from r w where w.amount is null and w.whole and w.order_id <> '')");
const REVERSALS = mergedSelect(readModels.orderReversals, ['firstAt', 'currency', 'amount', 'whole', 'place', 'lines', 'reason']);

/**
 * What each reversal is worth, as `customerOrders` in libs/profile has it: its own amount; that of a whole order without an amount is what is left of the order,
 * once, as a cancellation where it was cancelled too.
 */
const orderReversals: View = {
  name: 'order_reversals', version: 1,
  doc: 'What was cancelled, returned or adjusted after orders were placed. One row per customer, order, kind and number.',
  columns: {
    customer_id: CUSTOMER, order_id: 'The order. null: not said.', kind: 'cancelled, returned or adjusted.', reversal_id: 'Its own number; message:<id> where the shop gave none.', happened_at: 'When it happened.',
    currency: 'Currency, ISO 4217.', amount: 'What it takes off the order; for adjusted: what it adds. Of a whole order without an amount: what was left of it. 0 where nothing was, or the order is not known.',
    stated_amount: 'The amount that the shop stated. null: none.', whole: 'It concerns the whole order.', place: 'Where it was done. null: not said.', lines: 'Number of lines.', reason: 'Why, in the words of the shop.',
  },
  select: `with r as (${REVERSALS}),
  o as (${TAKEN_BACK_WHOLE}),
  taken as (select customer_id, order_id, sum(amount) as taken from r where kind in ('cancelled', 'returned') and amount is not null and order_id <> '' group by customer_id, order_id),
  rest as (
    select r.*, r.amount is null and r.whole and r.kind in ('cancelled', 'returned') as takes_rest, o.order_id is not null as known, o.currency as order_currency,
      coalesce(o.gross, 0) as gross, coalesce(o.gross, 0) - coalesce(t.taken, 0) as remaining
    from r left join o on o.customer_id = r.customer_id and o.order_id = r.order_id and r.order_id <> ''
    left join taken t on t.customer_id = r.customer_id and t.order_id = r.order_id
  )
  select customer_id, nullif(order_id, ''), kind, reversal_id, first_at, case when takes_rest and known then order_currency else currency end,
    case when amount is not null then amount
      when takes_rest and known and sign(gross) = sign(remaining) and row_number() over (
        partition by customer_id, order_id, takes_rest order by kind = 'cancelled' desc, first_at, reversal_id collate "C") = 1 then remaining
      else 0 end,
    amount, whole, place, lines, reason
  from rest`,
};

const orders: View = {
  name: 'orders', version: 1,
  doc: 'Orders as they were placed, with what was taken back of each. One row per customer and order. Reversals that name no known order stand in order_reversals only; customer_orders has both.',
  columns: {
    customer_id: CUSTOMER, order_id: 'The order, as the shop numbers it.', placed_at: 'When it was placed.', place: 'Where it was placed: app, web, store or other.', currency: 'Currency, ISO 4217.', lines: 'Number of lines.',
    gross: 'What was to be paid. null: the shop did not say.', cancelled: 'What was cancelled of it.', returned: 'What was returned of it.', adjusted: 'What was added to it afterwards, or (negative) taken off.',
    net: 'gross − cancelled − returned + adjusted.',
  },
  select: `with o as (${ORDERS}),
  r as (
    select customer_id, order_id, currency, coalesce(sum(amount) filter (where kind = 'cancelled'), 0) as cancelled, coalesce(sum(amount) filter (where kind = 'returned'), 0) as returned,
      coalesce(sum(amount) filter (where kind not in ('cancelled', 'returned')), 0) as adjusted
    from analytics.order_reversals where order_id is not null group by customer_id, order_id, currency
  )
  select o.customer_id, o.order_id, o.placed_at, o.place, o.currency, o.lines, o.gross, coalesce(r.cancelled, 0), coalesce(r.returned, 0), coalesce(r.adjusted, 0),
    coalesce(o.gross, 0) - coalesce(r.cancelled, 0) - coalesce(r.returned, 0) + coalesce(r.adjusted, 0)
  from o left join r on r.customer_id = o.customer_id and r.order_id = o.order_id and r.currency = o.currency`,
};

const customerOrders: View = {
  name: 'customer_orders', version: 1,
  doc: 'What each customer ordered and took back. One row per customer and currency; sums are exact. The query API shows the same.',
  columns: {
    customer_id: CUSTOMER, currency: 'Currency, ISO 4217.', orders: 'Number of orders.', gross: 'What was to be paid, over all orders.', cancelled: 'What was cancelled.', returned: 'What was returned.',
    adjusted: 'What was added, or (negative) taken off, otherwise.', net: 'gross − cancelled − returned + adjusted.', first_order_at: 'When the first order was placed. null: only reversals are known.', last_order_at: 'When the last order was placed.',
  },
  select: `with s as (
    select customer_id, currency, 1 as orders, gross, 0 as cancelled, 0 as returned, 0 as adjusted, placed_at from (${ORDERS}) o
    union all
    select customer_id, currency, 0, 0, case kind when 'cancelled' then amount else 0 end, case kind when 'returned' then amount else 0 end,
      case when kind in ('cancelled', 'returned') then 0 else amount end, null from analytics.order_reversals where stated_amount is not null or amount <> 0
  )
  select customer_id, currency, sum(orders), coalesce(sum(gross), 0), sum(cancelled), sum(returned), sum(adjusted),
    coalesce(sum(gross), 0) - sum(cancelled) - sum(returned) + sum(adjusted), min(placed_at), max(placed_at)
  from s group by customer_id, currency`,
};

export const orderViews: readonly View[] = [orderReversals, orders, customerOrders];
