import { describe, expect, it } from '@jest/globals';
import { DAY } from '@touchpoint/kernel';
import type { ItemModel } from './item-model.ts';
import { recommend } from './recommend.ts';

const NOW = 1_000 * DAY;
const model: ItemModel = {
  at: NOW, halfLifeDays: 10,
  goesWith: { tea: [{ product: 'pot', weight: 0.5 }, { product: 'milk', weight: 0.2 }], cake: [{ product: 'milk', weight: 0.25 }, { product: 'fork', weight: 0.1 }] },
  popular: [{ product: 'tea', weight: 9 }, { product: 'mug', weight: 8 }, { product: 'pot', weight: 7 }, { product: 'bag', weight: 6 }],
};
const owning = (own: Readonly<Record<string, number>>) => new Map(Object.entries(own).map(([product, daysAgo]) => [product, NOW - daysAgo * DAY]));
const shown = (own: Readonly<Record<string, number>>, limit = 3, available?: (product: string) => boolean) =>
  recommend(model, { own: owning(own), at: NOW, limit, ...(available && { available }) }).map(({ product, because }) => [product, because]);

describe('what a customer may want next', () => {
  it('goes with what the customer has, and says with what', () => expect(recommend(model, { own: owning({ tea: 0, cake: 0 }), at: NOW, limit: 3 })).toEqual([
    { product: 'pot', score: 0.5, because: 'tea' }, { product: 'milk', score: 0.45, because: 'cake' }, { product: 'fork', score: 0.1, because: 'cake' }]));
  it('goes with what is new more than with what is old', () => expect(shown({ tea: 30, cake: 0 })).toEqual([['milk', 'cake'], ['fork', 'cake'], ['pot', 'tea']]));
  it('is what many buy where that is not enough, and where nothing is known', () => {
    expect(shown({ tea: 0 }, 4)).toEqual([['pot', 'tea'], ['milk', 'tea'], ['mug', null], ['bag', null]]);
    expect(shown({})).toEqual([['tea', null], ['mug', null], ['pot', null]]);
    expect(shown({ 'heard of by nobody': 0, '__proto__': 0 }, 1)).toEqual([['tea', null]]);
  });
  it('is nothing that the customer has, and nothing that is not to be had', () => {
    expect(shown({ tea: 0, pot: 0 }, 9)).toEqual([['milk', 'tea'], ['mug', null], ['bag', null]]);
    expect(shown({ tea: 0 }, 9, (product) => !['pot', 'mug'].includes(product))).toEqual([['milk', 'tea'], ['bag', null]]);
  });
  it('is no more than was asked for', () => expect(shown({ tea: 0, cake: 0 }, 0)).toEqual([]));
});
