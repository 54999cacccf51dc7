import { query, type Pool } from '@touchpoint/store';
import type { DemoEvent } from '../demo/shop.ts';
import type { Found, Seen } from './evidence.ts';

/** One comparison: what was counted, and against what. */
export type Check = Readonly<{ what: string; expected: number; found: number; lost: number; doubled: number; how: string }>;
export type Proof = Readonly<{ checks: readonly Check[]; again: number; unknown: number; lost: number; doubled: number; problems: readonly string[] }>;

const OUTCOMES: ReadonlySet<string> = new Set(['MessageSent', 'MessageFailed', 'MessageHeld', 'MessageUnknown']);

const counted = <T>(items: Iterable<T>): ReadonlyMap<T, number> => {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
};
/** Of things that must be there once each. */
const compared = (what: string, how: string, expected: readonly string[], found: readonly string[]): Check => {
  const [wanted, there] = [new Set(expected), counted(found)];
  return { what, how, expected: wanted.size, found: there.size, lost: [...wanted].filter((one) => !there.has(one)).length, doubled: [...there].reduce((sum, [one, count]) => sum + count - (wanted.has(one) ? 1 : 0), 0) };
};
const centsOf = (text: string): bigint => BigInt(Math.round(Number(text) * 100));

/** Compares what was acknowledged with what is on the log, in the read models and in the sandbox. */
export const proofOf = async (pool: Pool, sent: readonly DemoEvent[], { found, again, gaps }: Seen): Promise<Proof> => {
  const ids = new Set(sent.map(({ messageId }) => messageId));
  const events = found.filter(({ messageId }) => ids.has(messageId));
  const customers = [...new Set(events.map(({ customerId }) => customerId))];
  const commands = found.filter(({ sends }) => sends).map(({ commandId }) => commandId!);
  const outcomes = found.filter(({ type, publisher }) => OUTCOMES.has(type) && publisher === 'delivery-service');
  const carried = outcomes.filter(({ type }) => type === 'MessageSent').map(({ commandId }) => commandId!);
  const sandbox = await query<{ command_id: string }>(pool, 'select command_id from delivery.sandbox_message where customer_id = any($1::uuid[])', [customers]);
  const checks = [
    compared('events on customers.timeline', 'each message id that was answered with 200, once', [...ids], events.map(({ messageId }) => messageId)),
    compared('records in the read models', 'each position on these customers\' timelines, once in the timeline index', found.map(placeOf), await indexed(pool, customers, found)),
    await money(pool, sent, customers),
    compared('decisions to send, with an outcome', 'each command id decided on, with one outcome of delivery-service', commands, outcomes.map(({ commandId }) => commandId!)),
    compared('messages carried', 'each command id with the outcome "sent", once in the sandbox', carried, sandbox.map(({ command_id }) => command_id)),
  ];
  const parked = await query<{ consumer: string; code: string }>(pool, 'select consumer, code from log.parked where key = any($1)', [customers]);
  const problems = [...gaps.map((gap) => `a gap on the log: ${gap}`), ...parked.map(({ consumer, code }) => `parked by ${consumer}: ${code}`)];
  const sum = (of: 'lost' | 'doubled') => checks.reduce((all, check) => all + check[of], 0);
  return { checks, again, unknown: outcomes.filter(({ type }) => type === 'MessageUnknown').length, lost: sum('lost'), doubled: sum('doubled'), problems };
};

const placeOf = ({ partition, offset }: Readonly<{ partition: number; offset: number }>): string => `${partition}@${offset}`;

/** What the timeline index has of these customers from where the load began. */
const indexed = async (pool: Pool, customers: readonly string[], found: readonly Found[]): Promise<readonly string[]> => {
  const first = new Map<number, number>();
  for (const { partition, offset } of found) first.set(partition, Math.min(first.get(partition) ?? Infinity, offset));
  const rows = await query<{ partition: number; offset: number }>(pool, 'select partition, "offset"::float8 as "offset" from profile.timeline_index where customer_id = any($1::uuid[])', [customers]);
  return rows.filter(({ partition, offset }) => offset >= (first.get(partition) ?? Infinity)).map(placeOf);
};

/** Orders by their ids, and what they come to, to the cent. */
const money = async (pool: Pool, sent: readonly DemoEvent[], customers: readonly string[]): Promise<Check> => {
  const orders = sent.filter(({ event }) => event === 'Order Completed').map(({ properties }) => properties as { order_id: string; total: string });
  const rows = await query<{ order_id: string; gross: string }>(pool, 'select order_id, gross::text from profile.orders where customer_id = any($1::uuid[])', [customers]);
  const check = compared('orders', 'each order id once in profile.orders, and their sum to the cent', orders.map(({ order_id }) => order_id), rows.map(({ order_id }) => order_id));
  const [wanted, there] = [orders.reduce((sum, { total }) => sum + centsOf(total), 0n), rows.reduce((sum, { gross }) => sum + centsOf(gross), 0n)];
  if (wanted === there) return check;
  return { ...check, what: `orders (${Number(wanted) / 100} were sent, the read model has ${Number(there) / 100})`, lost: check.lost + (there < wanted ? 1 : 0), doubled: check.doubled + (there > wanted ? 1 : 0) };
};
