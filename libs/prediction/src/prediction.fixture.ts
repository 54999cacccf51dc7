import { DAY, type Decimal, type Instant } from '@touchpoint/kernel';
import type { OrderHistory } from './history.ts';
import { parsePredictionModel } from './prediction-model-check.ts';
import type { PredictionModel } from './prediction-model.ts';
import type { Golden } from './reference.fixture.ts';

export const NOW: Instant = Date.UTC(2011, 8, 10);
/** An hour into the day: whole days are counted from the orders, not from midnight. */
export const ordered = (orders: number, firstDaysAgo: number, lastDaysAgo: number, net = 100): OrderHistory =>
  ({ firstAt: NOW - firstDaysAgo * DAY, lastAt: NOW - lastDaysAgo * DAY, orders, net: (BigInt(net) * 1_000_000n) as Decimal });

/** The customers of Online Retail as the reference knows them, with a net that tells them apart. */
export const shop = ({ onlineRetail }: Golden): readonly OrderHistory[] => onlineRetail.rows.flatMap(([repeats, lastAge, age, customers], i) =>
  Array.from({ length: customers }, () => ordered(repeats + 1, age, age - lastAge, 20 * (repeats + 1) + (i % 7))));

/** CDNOW's parameters, in days: a shop whose customers leave. */
export const cdnow: PredictionModel = parsePredictionModel({
  version: 1, learnedAt: NOW, customers: 2_357, repeatCustomers: 946, bgNbd: { r: 0.242593, alpha: 30.8947, a: 0.792886, b: 2.425752 },
  rfm: { recencyDays: [30, 60, 120, 240], orders: [1, 1, 2, 3], net: ['20', '40', '60.5', '100'] },
});
