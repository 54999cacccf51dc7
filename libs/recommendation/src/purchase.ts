import { DAY, type Instant } from '@touchpoint/kernel';

/** That a customer has bought a product and kept it, and when last. One of each customer and product. */
export type Purchase = Readonly<{ customer: string; product: string; at: Instant }>;

/** What a purchase counts at an instant: 1 on its day, half of it `halfLifeDays` later. One of the future counts 1. */
export const recencyOf = (bought: Instant, at: Instant, halfLifeDays: number): number => 0.5 ** (Math.max(0, at - bought) / DAY / halfLifeDays);
