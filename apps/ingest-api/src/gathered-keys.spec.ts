import { describe, expect, it } from '@jest/globals';
import type { SourceKey } from '@touchpoint/kernel';
import type { DataKey } from '@touchpoint/vault';
import { GatheredKeys } from './gathered-keys.ts';

const key = (name: string) => name as SourceKey;
type Answer = ReadonlyMap<SourceKey, DataKey>;

const setUp = () => {
  const asked: { keys: SourceKey[]; answer: (keys: Answer) => void; fail: (error: Error) => void }[] = [];
  const gathered = new GatheredKeys({ keysFor: (keys) => new Promise((answer, fail) => void asked.push({ keys: [...keys], answer, fail })) });
  const settle = async () => { for (let i = 0; i < 10; i++) await Promise.resolve(); };
  return { asked, gathered, settle };
};

describe('gathered keys', () => {
  it('are asked for at once, and together with all that came meanwhile next', async () => {
    const { asked, gathered, settle } = setUp();
    const first = gathered.keysFor([key('a')]);
    const others = [gathered.keysFor([key('b')]), gathered.keysFor([key('b'), key('c')])];
    expect(asked.map(({ keys }) => keys)).toEqual([['a']]);
    const answer: Answer = new Map();
    asked[0]!.answer(answer);
    expect(await first).toBe(answer);
    await settle();
    expect(asked.map(({ keys }) => keys)).toEqual([['a'], ['b', 'c']]);
    asked[1]!.answer(answer);
    await Promise.all(others);
    await settle();
    void gathered.keysFor([key('d')]);
    expect(asked).toHaveLength(3);
  });
  it('fail for those who asked together, and for nobody after them', async () => {
    const { asked, gathered, settle } = setUp();
    const first = gathered.keysFor([key('a')]);
    const second = gathered.keysFor([key('b')]);
    asked[0]!.fail(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    await settle();
    const answer: Answer = new Map();
    asked[1]!.answer(answer);
    expect(await second).toBe(answer);
  });
});
