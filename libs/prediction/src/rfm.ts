import { compareValues, formatDecimal, parseDecimal, type Decimal } from '@touchpoint/kernel';

/** Where the fifths of a population end, lowest first. */
export type Cuts<T> = readonly [T, T, T, T];
export type Score = 1 | 2 | 3 | 4 | 5;

/** What recency (whole days since the last order), frequency (orders) and monetary (net, as decimal text) are scored by. Plain JSON. */
export type RfmCuts = Readonly<{ recencyDays: Cuts<number>; orders: Cuts<number>; net: Cuts<string> }>;
export type RfmValues = Readonly<{ recencyDays: number; orders: number; net: Decimal }>;
/** 5 is best: the latest, the most, the highest. */
export type RfmScore = Readonly<{ recency: Score; frequency: Score; monetary: Score }>;

/**
 * The cut points of a population: values that occur, of rank ⌈n k ÷ 5⌉ from below (the inverse of the distribution, nothing between two values). Customers with equal values get equal scores, so a score may hold
 * more than a fifth of them, and where most have one order some scores of frequency hold nobody.
 * @throws RangeError for nobody
 */
export const rfmCuts = (population: readonly RfmValues[]): RfmCuts => ({
  recencyDays: fifths(population.map(({ recencyDays }) => recencyDays)),
  orders: fifths(population.map(({ orders }) => orders)),
  net: fifths(population.map(({ net }) => net)).map(formatDecimal) as unknown as Cuts<string>,
});

const fifths = <T extends number | bigint>(values: readonly T[]): Cuts<T> => {
  if (values.length === 0) throw new RangeError('nobody has no fifths');
  const sorted = [...values].sort(compareValues);
  const cut = (k: number) => sorted[Math.ceil((sorted.length * k) / 5) - 1]!;
  return [cut(1), cut(2), cut(3), cut(4)];
};

/** One customer by given cut points. A value at a cut point belongs below it. */
export const rfmScore = (cuts: RfmCuts, { recencyDays, orders, net }: RfmValues): RfmScore => ({
  recency: (6 - fifthOf(cuts.recencyDays, recencyDays)) as Score,
  frequency: fifthOf(cuts.orders, orders),
  monetary: fifthOf(cuts.net.map((cut) => parseDecimal(cut)!), net),
});

const fifthOf = <T extends number | bigint>(cuts: readonly T[], value: T): Score => (1 + cuts.filter((cut) => value > cut).length) as Score;
