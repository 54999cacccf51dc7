import { DAY, type Decimal, type Instant } from '@touchpoint/kernel';
import { daysToNextOrder, expectedOrders, probabilityAlive } from './bg-nbd.ts';
import { recencyDaysOf, repeatsOf, type OrderHistory } from './history.ts';
import type { PredictionModel } from './prediction-model.ts';
import { rfmSegment, type RfmSegment } from './rfm-segments.ts';
import { rfmScore, type RfmScore } from './rfm.ts';

/** What can be said of one customer at an instant. Probabilities and numbers of orders have six decimals. */
export type Prediction = Readonly<{
  /** Whole days since the last order. */
  recency: number;
  /** Orders. */
  frequency: number;
  monetary: Decimal;
  rfm: RfmScore;
  segment: RfmSegment;
  /** The probability that the customer is one no more; null before a second order: the model knows nobody who leaves before. It never falls while only time passes. */
  churn: number | null;
  /** 1 − churn. */
  alive: number | null;
  /** Within the next 90 days, the chance that the customer has left taken in. It never rises while only time passes. */
  expectedOrders90d: number;
  /** By when one more order was expected of a customer who stays, as things stood at the last order: so it moves with the next order and a new model only. Null: later than two years after the last order. */
  expectedNextOrderAt: Instant | null;
}>;

const AHEAD_DAYS = 90;
const LATEST_NEXT_DAYS = 730;

/** The same model, history and whole days since the last order give the same answer. */
export const predicted = (model: PredictionModel, history: OrderHistory, at: Instant): Prediction => {
  const recency = recencyDaysOf(history, at);
  const seen = repeatsOf(history, at);
  const rfm = rfmScore(model.rfm, { recencyDays: recency, orders: history.orders, net: history.net });
  const alive = seen.repeats > 0 ? sixDecimals(probabilityAlive(model.bgNbd, seen)) : null;
  const next = daysToNextOrder(model.bgNbd, seen);
  return {
    recency, frequency: history.orders, monetary: history.net, rfm, segment: rfmSegment(rfm),
    churn: alive === null ? null : sixDecimals(1 - alive), alive,
    expectedOrders90d: sixDecimals(expectedOrders(model.bgNbd, seen, AHEAD_DAYS)),
    expectedNextOrderAt: next > LATEST_NEXT_DAYS ? null : history.lastAt + Math.ceil(next) * DAY,
  };
};

/** Hides how the last bit was rounded: a value that falls with time must not rise by it, nor pass below 0. */
const sixDecimals = (value: number): number => Math.max(0, Math.round(value * 1e6) / 1e6);
