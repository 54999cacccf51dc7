/** What a ranking is worth for one customer: what it has wanted, and what it was shown, best first. */
export type Judged = Readonly<{ recall: number; ndcg: number }>;

/**
 * Recall@k: the share of the wanted products that are among the first k. nDCG@k: how far up they stand, 1 where all wanted ones come first.
 * @param wanted not empty
 */
export const judge = (shown: readonly string[], wanted: ReadonlySet<string>, k: number): Judged => {
  const gain = (place: number): number => 1 / Math.log2(place + 2);
  const hits = shown.slice(0, k).flatMap((product, place) => (wanted.has(product) ? [place] : []));
  const best = Array.from({ length: Math.min(k, wanted.size) }, (_, place) => gain(place));
  const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0);
  return { recall: hits.length / wanted.size, ndcg: sum(hits.map(gain)) / sum(best) };
};

export const mean = (all: readonly Judged[]): Judged => ({
  recall: all.reduce((sum, { recall }) => sum + recall, 0) / all.length,
  ndcg: all.reduce((sum, { ndcg }) => sum + ndcg, 0) / all.length,
});
