import { describe, expect, it } from '@jest/globals';
import { random } from './random.ts';

describe('a seed', () => {
  it('gives the same numbers for ever', () => {
    const { below } = random(1);
    expect([below(1_000), below(1_000), below(1_000), below(1_000)]).toEqual([627, 2, 527, 981]);
  });
  it('gives others than another seed', () => expect(random(1).next()).not.toBe(random(2).next()));
  it('shuffles without losing any', () => expect([...random(3).shuffled([1, 2, 3, 4, 5])].sort()).toEqual([1, 2, 3, 4, 5]));
  it('stays within its bounds', () => {
    const { next, below, one } = random(7);
    for (let i = 0; i < 1_000; i += 1) {
      expect(next()).toBeLessThan(1);
      expect([0, 1, 2]).toContain(below(3));
      expect(['a', 'b']).toContain(one(['a', 'b']));
    }
  });
});
