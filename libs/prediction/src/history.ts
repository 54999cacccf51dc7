import { DAY, type Decimal, type Instant } from '@touchpoint/kernel';

/** What is known of a customer's orders, in one currency. Both for learning and for predicting, counted alike. */
export type OrderHistory = Readonly<{
  firstAt: Instant;
  lastAt: Instant;
  /** At least 1. Counted alike in learning and in predicting (docs/predictions.md). */
  orders: number;
  /** What was paid and kept. */
  net: Decimal;
}>;

/** The same as the model sees it, in whole days. */
export type Repeats = Readonly<{
  /** Orders after the first one (x). */
  repeats: number;
  /** From the first order to the last one (t_x). */
  lastAge: number;
  /** From the first order until now (T). */
  age: number;
}>;

/** Whole days since the last order. It changes at `lastAt` plus whole days, and nothing that is predicted changes between. */
export const recencyDaysOf = ({ lastAt }: OrderHistory, at: Instant): number => Math.max(0, Math.floor((at - lastAt) / DAY));

/** Days are counted from the first order to the last, and from the last on: so both change only at whole days after the last order, and a last order is never younger than now. */
export const repeatsOf = (history: OrderHistory, at: Instant): Repeats => {
  const lastAge = Math.max(0, Math.floor((history.lastAt - history.firstAt) / DAY));
  return { repeats: history.orders - 1, lastAge, age: lastAge + recencyDaysOf(history, at) };
};
