import type { Instant } from '@touchpoint/kernel';
import type { ItemModel } from './item-model.ts';
import { recencyOf } from './purchase.ts';

/** `because`: the product of the customer's own that speaks most for it; null: it is bought by many. */
export type Recommendation = Readonly<{ product: string; score: number; because: string | null }>;
export type Wanted = Readonly<{
  /** What the customer has, and when each was bought last. */
  own: ReadonlyMap<string, Instant>;
  at: Instant;
  limit: number;
  /** Whether a product may be shown at all: it is in the catalogue, and to be had. */
  available?: (product: string) => boolean;
}>;

/**
 * The products that a customer may want next, best first: what goes with the customer's own, the more the newer these are; where that is not enough, what many buy.
 * Nothing that the customer has, and nothing twice. The same model and the same purchases give the same answer.
 */
export const recommend = (model: ItemModel, { own, at, limit, available = () => true }: Wanted): readonly Recommendation[] => {
  const found = new Map<string, { score: number; because: string; most: number }>();
  for (const product of [...own.keys()].sort()) {
    const recency = recencyOf(own.get(product)!, at, model.halfLifeDays);
    for (const { product: other, weight } of Object.hasOwn(model.goesWith, product) ? model.goesWith[product]! : []) {
      if (own.has(other)) continue;
      const says = recency * weight;
      const so = found.get(other);
      if (!so) found.set(other, { score: says, because: product, most: says });
      else {
        so.score += says;
        if (says > so.most) [so.because, so.most] = [product, says];
      }
    }
  }
  const best = [...found].filter(([product]) => available(product)).map(([product, { score, because }]): Recommendation => ({ product, score, because }))
    .sort((a, b) => b.score - a.score || (a.product < b.product ? -1 : 1)).slice(0, limit);
  for (const { product } of model.popular) {
    if (best.length >= limit) break;
    if (!own.has(product) && !found.has(product) && available(product)) best.push({ product, score: 0, because: null });
  }
  return best;
};
