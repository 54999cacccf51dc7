import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { halt, invalidMessage, transient } from '@touchpoint/kernel';
import { findingPoison } from './poison.ts';

const refused = () => Object.assign(new Error('Postgres 22003: a value does not fit'), { code: 'STORE.REFUSED' });

describe('One bad customer stops no other: work that fails on what records hold', () => {
  /** All of a log, by whoever asks again with what is left. */
  const work = async (poisons: readonly boolean[], thrown: () => unknown = refused) => {
    const [done, parked]: [number[], number[]] = [[], []];
    let next = 0;
    let tries = 0;
    while (next < poisons.length)
      await findingPoison(poisons.length - next, () => next, (some, poison) => {
        tries += 1;
        const these = Array.from({ length: some }, (_, i) => next + i);
        if (poison !== undefined) parked.push(...these);
        else if (these.some((at) => poisons[at])) return Promise.reject(thrown() as Error);
        else done.push(...these);
        next += some;
        return Promise.resolve();
      });
    return { done, parked, tries };
  };

  it('is done in order for all of them but the poisons, which are parked each alone', () =>
    fc.assert(fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 60 }), async (poisons) => {
      const { done, parked } = await work(poisons);
      expect(done).toEqual(poisons.flatMap((poison, at) => (poison ? [] : [at])));
      expect(parked).toEqual(poisons.flatMap((poison, at) => (poison ? [at] : [])));
    })));
  it('finds one among many in few tries', async () => expect((await work(Array.from({ length: 20_000 }, (_, at) => at === 12_345))).tries).toBeLessThan(200));
  it.each([['a Failure', () => invalidMessage('STORE.UNFIT', 'no')], ['what Node throws at a number', () => new RangeError('too large')], ['what code throws at what is not there', () => new TypeError('of undefined')]])('is told by %s', async (_, thrown) =>
    expect((await work([false, true], thrown)).parked).toEqual([1]));
  it.each([['comes later', transient('X.Y', 'later')], ['a person must', halt('X.Y', 'no')], ['is how the database is', new Error('Postgres 42P01: relation "x" does not exist')]])('is not done by halves where what would help %s', async (_, error) => {
    let tries = 0;
    await expect(findingPoison(8, () => 0, () => Promise.reject((tries += 1, error)))).rejects.toBe(error);
    expect(tries).toBe(1);
  });
  it('is not done again where it had been committed', async () => {
    let stands = 0;
    await expect(findingPoison(8, () => stands, () => ((stands += 1), Promise.reject(refused())))).rejects.toThrow('22003');
    expect(stands).toBe(1);
  });
});
