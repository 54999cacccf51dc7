import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY } from '@touchpoint/kernel';
import { learnItemModel, LEARNING } from './item-model.ts';
import type { Purchase } from './purchase.ts';

const NOW = 1_000 * DAY;
const bought = (customer: string, daysAgo: number, ...products: readonly string[]): readonly Purchase[] => products.map((product) => ({ customer, product, at: NOW - daysAgo * DAY }));
const many = (count: number, daysAgo: number, ...products: readonly string[]) => Array.from({ length: count }, (_, i) => bought(`${products.join()}-${i}`, daysAgo, ...products)).flat();
const learning = { ...LEARNING, halfLifeDays: 10, doubt: 0.5 };

describe('products that are bought together', () => {
  const model = learnItemModel([...many(9, 0, 'tea', 'pot'), ...many(3, 0, 'tea', 'milk'), ...many(5, 0, 'paint', 'brush'), ...many(2, 0, 'tea')], NOW, learning);
  it('go with each other, the more the more often, and with nothing else', () => {
    expect(model.goesWith['tea']!.map(({ product }) => product)).toEqual(['pot', 'milk']);
    expect(model.goesWith['paint']!.map(({ product }) => product)).toEqual(['brush']);
    expect(model.goesWith['pot']!.map(({ product }) => product)).toEqual(['tea']);
  });
  it('are popular by how many have bought them', () => expect(model.popular).toEqual([{ product: 'tea', weight: 14 }, { product: 'pot', weight: 9 }, { product: 'brush', weight: 5 }, { product: 'paint', weight: 5 }, { product: 'milk', weight: 3 }]));
});

describe('purchases', () => {
  it('count half as much after each half life, so that what is bought together now comes before what was', () => {
    const model = learnItemModel([...many(6, 40, 'tea', 'old'), ...many(4, 0, 'tea', 'new')], NOW, learning);
    expect(model.popular).toEqual([{ product: 'tea', weight: 4.375 }, { product: 'new', weight: 4 }, { product: 'old', weight: 0.375 }]);
    expect(model.goesWith['tea']!.map(({ product }) => product)).toEqual(['new', 'old']);
  });
  it('that were made later than what is asked about are not known', () => expect(learnItemModel(bought('a', -1, 'tea'), NOW, learning)).toEqual({ at: NOW, halfLifeDays: 10, goesWith: {}, popular: [] }));
  it('that are few keep a product back: one buyer of two is no rule', () => {
    const weightOf = (doubt: number) => learnItemModel([...bought('a', 0, 'tea', 'pot'), ...many(9, 0, 'milk', 'honey')], NOW, { ...learning, doubt }).goesWith['tea']![0]!.weight;
    expect(weightOf(4)).toBeLessThan(weightOf(0.1) / 4);
  });
});

describe('what is learned', () => {
  it('is bounded: of the products with the most recent buyers, and the best neighbours of each', () => {
    const model = learnItemModel([...many(5, 0, 'a', 'b', 'c'), ...many(2, 0, 'a', 'd')], NOW, { ...learning, mostProducts: 3, neighbours: 1 });
    expect(Object.keys(model.goesWith).sort()).toEqual(['a', 'b', 'c']);
    expect(Object.values(model.goesWith).map(({ length }) => length)).toEqual([1, 1, 1]);
    expect(model.popular).toHaveLength(4);
  });
  it('is the same in whatever order the purchases come', () => {
    const purchases = fc.array(fc.record({ customer: fc.nat(12).map(String), product: fc.constantFrom('a', 'b', 'c', '__proto__', '7'), at: fc.integer({ min: NOW - 90 * DAY, max: NOW }) }), { minLength: 1, maxLength: 40, size: 'max' });
    fc.assert(fc.property(purchases.chain((some) => fc.tuple(fc.constant(some), fc.shuffledSubarray(some, { minLength: some.length }))), ([some, shuffled]) => {
      expect(learnItemModel(shuffled, NOW, learning)).toEqual(learnItemModel(some, NOW, learning));
    }));
  });
});
