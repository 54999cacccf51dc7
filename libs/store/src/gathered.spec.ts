import { describe, expect, it } from '@jest/globals';
import { transient } from '@touchpoint/kernel';
import { gathered } from './gathered.ts';

/** Answers are given by hand, so that it is plain what was asked together. */
const byHand = (most?: number) => {
  const asked: { items: readonly number[]; give: (results: readonly string[]) => void; fail: (error: Error) => void }[] = [];
  return { asked, ask: gathered<number, string>((items) => new Promise((give, fail) => asked.push({ items, give, fail })), most) };
};
const named = (items: readonly number[]) => items.map((item) => `answer ${item}`);
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('questions', () => {
  it('that are asked at once, and those that come while they are answered, are answered together, each with its own answer', async () => {
    const { asked, ask } = byHand();
    const first = [ask(1), ask(2)];
    await turn();
    expect(asked.map(({ items }) => items)).toEqual([[1, 2]]);
    const later = [ask(3), ask(4), ask(3)];
    await turn();
    expect(asked).toHaveLength(1);
    asked[0]!.give(named(asked[0]!.items));
    expect(await Promise.all(first)).toEqual(['answer 1', 'answer 2']);
    await turn();
    expect(asked.map(({ items }) => items)).toEqual([[1, 2], [3, 4, 3]]);
    asked[1]!.give(named(asked[1]!.items));
    expect(await Promise.all(later)).toEqual(['answer 3', 'answer 4', 'answer 3']);
  });

  it('of which one cannot be answered are answered all the same, but for that one', async () => {
    const asked: (readonly number[])[] = [];
    const ask = gathered<number, string>((items) => {
      asked.push(items);
      return items.includes(2) ? Promise.reject(new Error('not 2')) : Promise.resolve(named(items));
    });
    const outcomes = await Promise.allSettled([1, 2, 3].map(ask));
    expect(outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : (outcome.reason as Error).message))).toEqual(['answer 1', 'not 2', 'answer 3']);
    expect(asked).toEqual([[1, 2, 3], [1], [2], [3]]);
  });

  it('of which an answer fails for a while are told so at once, and later ones are answered', async () => {
    const { asked, ask } = byHand();
    const failing = [ask(1), ask(2)].map((one) => one.catch((error: unknown) => (error as Error).message));
    await turn();
    const later = ask(3);
    asked[0]!.fail(transient('STORE.UNAVAILABLE', 'gone'));
    expect(await Promise.all(failing)).toEqual(['gone', 'gone']);
    await turn();
    asked[1]!.give(['answer 3']);
    expect(await later).toBe('answer 3');
    const anew = ask(4);
    await turn();
    asked[2]!.give(['answer 4']);
    expect(await anew).toBe('answer 4');
  });

  it('are answered so many at a time', async () => {
    const { asked, ask } = byHand(2);
    const all = [1, 2, 3].map(ask);
    await turn();
    asked[0]!.give(named(asked[0]!.items));
    await turn();
    expect(asked.map(({ items }) => items)).toEqual([[1, 2], [3]]);
    asked[1]!.give(named(asked[1]!.items));
    expect(await Promise.all(all)).toEqual(['answer 1', 'answer 2', 'answer 3']);
  });
});
