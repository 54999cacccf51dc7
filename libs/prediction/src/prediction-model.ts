import type { Instant } from '@touchpoint/kernel';
import type { BgNbd, Row } from './bg-nbd.ts';
import { fitBgNbd } from './fit-bg-nbd.ts';
import { recencyDaysOf, repeatsOf, type OrderHistory } from './history.ts';
import { rfmCuts, type RfmCuts } from './rfm.ts';

/** All that predictions take from the population. Plain JSON; with it and one customer's history a prediction can be computed again at any time. */
export type PredictionModel = Readonly<{
  version: 1;
  /** Up to when histories were known. */
  learnedAt: Instant;
  customers: number;
  /** Those with a second order: only they say how customers leave. */
  repeatCustomers: number;
  bgNbd: BgNbd;
  rfm: RfmCuts;
}>;

/** With fewer the parameters are noise. */
export const LEAST_REPEAT_CUSTOMERS = 100;

export type Learned = Readonly<{ model: PredictionModel }> | Readonly<{ rejected: 'PREDICTION.TOO_FEW_REPEAT_CUSTOMERS' | 'PREDICTION.NO_FIT' }>;

/**
 * Learns from every customer who has ordered. The same histories, in any order, give the same model to the last bit.
 * @param at up to when the histories are known. A customer whose first order is behind it is left out; the caller gives nothing else of later.
 */
export const learnPredictionModel = (histories: Iterable<OrderHistory>, at: Instant): Learned => {
  const known = [...histories].filter(({ firstAt, orders }) => firstAt <= at && orders >= 1);
  const repeatCustomers = known.filter(({ orders }) => orders > 1).length;
  if (repeatCustomers < LEAST_REPEAT_CUSTOMERS) return { rejected: 'PREDICTION.TOO_FEW_REPEAT_CUSTOMERS' };
  const bgNbd = fitBgNbd(rowsOf(known, at));
  if (!bgNbd) return { rejected: 'PREDICTION.NO_FIT' };
  const rfm = rfmCuts(known.map((history) => ({ recencyDays: recencyDaysOf(history, at), orders: history.orders, net: history.net })));
  return { model: { version: 1, learnedAt: at, customers: known.length, repeatCustomers, bgNbd, rfm } };
};

/** Customers with equal histories in one row. */
const rowsOf = (histories: Iterable<OrderHistory>, at: Instant): readonly Row[] => {
  const rows = new Map<string, { -readonly [K in keyof Row]: Row[K] }>();
  for (const history of histories) {
    const seen = repeatsOf(history, at);
    const key = `${seen.repeats}/${seen.lastAge}/${seen.age}`;
    const row = rows.get(key);
    if (row) row.customers += 1;
    else rows.set(key, { ...seen, customers: 1 });
  }
  return [...rows.values()];
};
