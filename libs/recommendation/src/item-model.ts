import type { Instant } from '@touchpoint/kernel';
import { recencyOf, type Purchase } from './purchase.ts';
import { symmetricInverse } from './symmetric-inverse.ts';

/** How a model is learned. The defaults were chosen on days before those that it is judged on (docs/recommendation.md). */
export type Learning = Readonly<{
  /** After how many days a purchase counts half. */
  halfLifeDays: number;
  /** Products that are learned of: those with the most recent buyers. Time grows with the third power of it, memory with the second. */
  mostProducts: number;
  /** How much a product that few have bought is held back: as many buyers' worth of doubt, in times of what a product has on average. */
  doubt: number;
  /** What is kept of each product: the products that go with it best. */
  neighbours: number;
}>;
export const LEARNING: Learning = { halfLifeDays: 60, mostProducts: 2_000, doubt: 6, neighbours: 50 };

export type Weighted = Readonly<{ product: string; weight: number }>;
/** What was learned. Plain JSON. */
export type ItemModel = Readonly<{
  /** Up to when purchases were known. */
  at: Instant;
  halfLifeDays: number;
  /** Of a product: those that its buyers buy too, and that other purchases do not explain as well; best first. */
  goesWith: Readonly<Record<string, readonly Weighted[]>>;
  /** Products by their buyers, each counted by how recent the purchase is; most first. */
  popular: readonly Weighted[];
}>;

type Basket = readonly (readonly [product: number, weight: number])[];

/**
 * Learns which products go with which: EASE (H. Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", 2019), a linear model of items in closed form, over purchases
 * that count less the older they are. The same purchases give the same model, in whatever order they come.
 * @param at what a purchase's age counts back from; purchases behind it are left out
 */
export const learnItemModel = (purchases: Iterable<Purchase>, at: Instant, learning: Learning = LEARNING): ItemModel => {
  const { byCustomer, popular } = gathered(purchases, at, learning.halfLifeDays);
  const products = popular.slice(0, learning.mostProducts).map(({ product }) => product);
  const index = new Map(products.map((product, i) => [product, i]));
  const baskets = [...byCustomer.keys()].sort().map((customer): Basket => [...byCustomer.get(customer)!].flatMap(([product, weight]) => {
    const i = index.get(product);
    return i === undefined ? [] : [[i, weight] as const];
  }).sort(([a], [b]) => a - b));
  return { at, halfLifeDays: learning.halfLifeDays, goesWith: products.length > 0 ? goesWith(products, baskets, learning) : {}, popular };
};

const gathered = (purchases: Iterable<Purchase>, at: Instant, halfLifeDays: number): Readonly<{ byCustomer: ReadonlyMap<string, ReadonlyMap<string, number>>; popular: readonly Weighted[] }> => {
  const byCustomer = new Map<string, Map<string, number>>();
  for (const { customer, product, at: bought } of purchases) {
    if (bought > at) continue;
    let basket = byCustomer.get(customer);
    if (!basket) byCustomer.set(customer, (basket = new Map()));
    basket.set(product, Math.max(basket.get(product) ?? 0, recencyOf(bought, at, halfLifeDays)));
  }
  const weights = new Map<string, number[]>();
  for (const basket of byCustomer.values()) for (const [product, weight] of basket) weights.get(product)?.push(weight) ?? weights.set(product, [weight]);
  // In their own order: a sum of fractions depends on it.
  const popular = [...weights].map(([product, all]) => ({ product, weight: all.sort((a, b) => a - b).reduce((sum, one) => sum + one, 0) })).sort(strongestFirst);
  return { byCustomer, popular };
};

const goesWith = (products: readonly string[], baskets: readonly Basket[], { doubt, neighbours }: Learning): ItemModel['goesWith'] => {
  const n = products.length;
  const gram = new Float64Array(n * n);
  for (const basket of baskets) for (const [i, a] of basket) for (const [j, b] of basket) if (j <= i) gram[i * n + j]! += a * b;
  let trace = 0;
  for (let i = 0; i < n; i += 1) trace += gram[i * n + i]!;
  for (let i = 0; i < n; i += 1) gram[i * n + i]! += (doubt * trace) / n;
  const inverse = symmetricInverse(gram, n);
  return Object.fromEntries(products.map((product, i) => {
    const others = products.flatMap((other, j): readonly Weighted[] => {
      const weight = i === j ? 0 : -inverse[i * n + j]! / inverse[j * n + j]!;
      return weight > 0 ? [{ product: other, weight }] : [];
    });
    return [product, others.sort(strongestFirst).slice(0, neighbours)];
  }));
};

/** Of equal ones, the one whose name comes first. */
const strongestFirst = (a: Weighted, b: Weighted): number => b.weight - a.weight || (a.product < b.product ? -1 : 1);
