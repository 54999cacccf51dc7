import { describe, expect, it } from '@jest/globals';
import { judge, mean } from './judge.ts';

describe('a ranking that is judged', () => {
  it('has found what is among the first k, and is worth more the further up it stands', () => {
    expect(judge(['a', 'b', 'c'], new Set(['a', 'b']), 3)).toEqual({ recall: 1, ndcg: 1 });
    const last = judge(['x', 'y', 'a'], new Set(['a', 'b']), 3);
    expect(last.recall).toBe(0.5);
    expect(last.ndcg).toBeCloseTo(1 / 2 / (1 + 1 / Math.log2(3)), 12);
    expect(judge(['x', 'y', 'a'], new Set(['a']), 2)).toEqual({ recall: 0, ndcg: 0 });
  });
  it('is whole where more was wanted than was shown', () => expect(judge(['a'], new Set(['a', 'b']), 1)).toEqual({ recall: 0.5, ndcg: 1 }));
  it('counts each customer alike', () => expect(mean([{ recall: 1, ndcg: 0.5 }, { recall: 0, ndcg: 0 }])).toEqual({ recall: 0.5, ndcg: 0.25 }));
});
