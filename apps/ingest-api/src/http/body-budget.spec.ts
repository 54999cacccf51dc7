import { describe, expect, it } from '@jest/globals';
import { BodyBudget } from './body-budget.ts';

const refused = (act: () => unknown): unknown => {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
};

describe('Overload is refused, not absorbed: a budget', () => {
  it('refuses what would be too much, with 429 and when to come again', () => {
    const budget = new BodyBudget(100_000);
    const give = budget.take(60_000);
    expect(refused(() => budget.take(60_000))).toMatchObject({ status: 429, code: 'INGEST.OVERLOAD', retryAfterSeconds: 1 });
    expect([budget.used > 60_000, budget.requests]).toEqual([true, 1]);
    give();
    give();
    expect([budget.used, budget.requests]).toEqual([0, 0]);
    budget.take(60_000)();
  });
  it('bounds the number of requests, however small they are', () => {
    const budget = new BodyBudget(100_000);
    let count = 0;
    while (!refused(() => budget.take(0))) count++;
    expect(count).toBeLessThan(30);
  });
  it('lets one request in that is alone, however large', () => expect(refused(() => new BodyBudget(10).take(1_000))).toBeUndefined());
});
