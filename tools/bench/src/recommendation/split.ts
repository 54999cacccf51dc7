import type { Purchase } from '@touchpoint/recommendation';
import type { Line } from './online-retail.ts';

/** What was known at an instant, and what each customer that was known wanted in the time behind it. */
export type Split = Readonly<{
  /** What customers had bought and kept; by customer, then product, with the time of the last purchase. */
  owned: ReadonlyMap<string, ReadonlyMap<string, number>>;
  purchases: readonly Purchase[];
  /** Products that were new to the customer, and known in the shop; nobody without any. */
  wanted: ReadonlyMap<string, ReadonlySet<string>>;
}>;

/** @param from the first instant that is held out @param to the first one behind it */
export const splitAt = (lines: readonly Line[], from: number, to: number): Split => {
  const had = new Map<string, Map<string, { quantity: number; at: number }>>();
  for (const { customer, product, at, quantity } of lines) {
    if (at >= from) continue;
    let basket = had.get(customer);
    if (!basket) had.set(customer, (basket = new Map()));
    const so = basket.get(product) ?? { quantity: 0, at: -Infinity };
    basket.set(product, { quantity: so.quantity + quantity, at: quantity > 0 ? Math.max(so.at, at) : so.at });
  }
  const owned = new Map([...had].map(([customer, basket]) => [customer, new Map([...basket].flatMap(([product, { quantity, at }]) => (quantity > 0 && at > -Infinity ? [[product, at] as const] : [])))] as const).filter(([, basket]) => basket.size > 0));
  const purchases = [...owned].flatMap(([customer, basket]) => [...basket].map(([product, at]): Purchase => ({ customer, product, at })));
  const known = new Set(purchases.map(({ product }) => product));
  const wanted = new Map<string, Set<string>>();
  for (const { customer, product, at, quantity } of lines) {
    if (at < from || at >= to || quantity <= 0 || !known.has(product) || !owned.has(customer) || had.get(customer)!.has(product)) continue;
    wanted.set(customer, (wanted.get(customer) ?? new Set()).add(product));
  }
  return { owned, purchases, wanted };
};
