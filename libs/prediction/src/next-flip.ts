import { DAY, type Instant } from '@touchpoint/kernel';
import { recencyDaysOf, type OrderHistory } from './history.ts';
import { predicted, type Prediction } from './predicted.ts';
import type { PredictionModel } from './prediction-model.ts';

/** Nobody waits longer for a customer who orders nothing. */
const HORIZON_DAYS = 3_650;

/**
 * When the answer to a question about a prediction next changes, while nothing is ordered and only time passes: the first instant at which it does, a whole number of days after the last order. A timer's instant.
 * @param holds a question that changes its answer at most once as time passes: any comparison of `recency`, `churn`, `alive`, `expectedOrders90d` or `rfm.recency` with a fixed value, but for equality
 * @returns null: not within ten years of the last order
 */
export const nextFlip = (model: PredictionModel, history: OrderHistory, at: Instant, holds: (prediction: Prediction) => boolean): Instant | null => {
  const atDay = (day: number): Instant => history.lastAt + day * DAY;
  const answer = (day: number): boolean => holds(predicted(model, history, atDay(day)));
  let before = recencyDaysOf(history, at);
  let behind = HORIZON_DAYS;
  if (before >= behind) return null;
  const now = answer(before);
  if (answer(behind) === now) return null;
  while (behind - before > 1) {
    const middle = Math.floor((before + behind) / 2);
    if (answer(middle) === now) before = middle;
    else behind = middle;
  }
  return atDay(behind);
};

/** When the score of recency next falls, and with it the segment may change. Null: it is 1 already, for good while nothing is ordered. */
export const nextRfmChange = (model: PredictionModel, history: OrderHistory, at: Instant): Instant | null => {
  const days = recencyDaysOf(history, at);
  const cut = model.rfm.recencyDays.find((one) => one >= days);
  return cut === undefined ? null : history.lastAt + (cut + 1) * DAY;
};
