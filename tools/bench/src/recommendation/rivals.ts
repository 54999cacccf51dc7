import type { Split } from './split.ts';

/** Ranks products for a customer who has some: the first `limit`, best first, none of its own. */
export type Ranking = (own: ReadonlyMap<string, number>, limit: number) => readonly string[];

const best = (scores: Iterable<readonly [product: string, score: number]>, own: ReadonlyMap<string, number>, limit: number): readonly string[] =>
  [...scores].filter(([product]) => !own.has(product)).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, limit).map(([product]) => product);

/** What most customers have bought since. */
export const recentlyPopular = ({ purchases }: Split, since: number): Ranking => {
  const buyers = new Map<string, number>();
  for (const { product, at } of purchases) if (at >= since) buyers.set(product, (buyers.get(product) ?? 0) + 1);
  return (own, limit) => best(buyers, own, limit);
};

/** What most often stands together with the customer's products in what others have. */
export const coOccurring = ({ owned }: Split): Ranking => {
  const together = new Map<string, Map<string, number>>();
  for (const basket of owned.values())
    for (const one of basket.keys()) {
      let counts = together.get(one);
      if (!counts) together.set(one, (counts = new Map()));
      for (const other of basket.keys()) counts.set(other, (counts.get(other) ?? 0) + 1);
    }
  return (own, limit) => {
    const scores = new Map<string, number>();
    for (const product of own.keys()) for (const [other, count] of together.get(product) ?? []) scores.set(other, (scores.get(other) ?? 0) + count);
    return best(scores, own, limit);
  };
};
