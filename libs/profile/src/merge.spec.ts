import { describe, expect, it } from '@jest/globals';
import { mergerOf } from '@touchpoint/kernel';
import { merge } from './merge.ts';
import { readModel } from './read-model.ts';

const model = readModel<never>()({
  name: 'spec', version: 1, doc: 'Every rule.', key: { of: { type: 'text', doc: 'key' } },
  columns: {
    at: { type: 'instant', merge: 'max', doc: 'by' }, from: { type: 'instant', merge: 'min', doc: 'by' },
    sum: { type: 'numeric', merge: 'sum', doc: 'sum' }, or: { type: 'boolean', merge: 'or', doc: 'or' }, bits: { type: 'bigint', merge: 'bits', doc: 'bits' },
    latest: { type: 'text', merge: { latest: 'at' }, doc: 'latest' }, earliest: { type: 'text', merge: { earliest: 'from' }, doc: 'earliest' },
    keys: { type: 'json', merge: 'keys', doc: 'keys' }, first: { type: 'json', merge: 'firstKeys', doc: 'first' },
  },
  folds: () => ({ on: {} }),
});
const join = (...parts: readonly Parameters<typeof model.join>[1][]) => parts.reduce((row, part) => model.join(row as never, part), undefined as never) as ReturnType<typeof model.join>;

describe('a merge', () => {
  it('begins with what says nothing', () =>
    expect(join({})).toEqual({ at: null, from: null, sum: 0n, or: false, bits: 0, latest: null, earliest: null, keys: {}, first: {} }));
  it('sums, and joins flags beyond 32 bits', () => {
    const high = 2 ** 47;
    expect(join({ sum: 2n as never, bits: high + 1 }, { sum: -5n as never, or: true, bits: 2 ** 24 + 1 })).toMatchObject({ sum: -3n, or: true, bits: high + 2 ** 24 + 1 });
  });
  it('takes the latest value, null too, and leaves a part out that has no instant', () => {
    expect(join({ at: 1, latest: 'a' }, { at: 2, latest: null })).toMatchObject({ at: 2, latest: null });
    expect(join({ at: 1, latest: 'a' }, { latest: 'z' })).toMatchObject({ at: 1, latest: 'a' });
    expect(join({ at: 1, latest: 'b' }, { at: 1, latest: 'a' })).toMatchObject({ latest: 'b' });
    expect(join({ at: 1, latest: null }, { at: 1, latest: 'a' })).toMatchObject({ latest: 'a' });
    expect(join({ from: 2, earliest: 'a' }, { from: 1, earliest: 'b' }, { from: 3, earliest: 'c' })).toMatchObject({ from: 1, earliest: 'b' });
  });
  it('joins entries name by name', () => {
    const [a, b] = [{ x: { at: 1, v: 'a' }, y: { at: 5, v: 'a' } }, { x: { at: 2, v: 'b' }, y: { at: 4, v: 'b' }, z: { at: 1, v: 'b' } }];
    expect(join({ keys: a, first: a }, { keys: b, first: b })).toMatchObject({ keys: { x: b.x, y: a.y, z: b.z }, first: { x: a.x, y: b.y, z: b.z } });
    expect(join({ keys: { x: { at: 1, v: 'b' } as never } }, { keys: { x: { at: 1, v: 'a' } as never } })).toMatchObject({ keys: { x: { v: 'b' } } });
  });
  it('keeps a trait of any name', () => {
    const odd = JSON.parse('{"__proto__":{"at":1},"constructor":{"at":1}}') as never;
    expect(Object.keys(join({ keys: { a: { at: 1 } } as never }, { keys: odd }).keys)).toEqual(['a', '__proto__', 'constructor']);
  });
  it('merges rows of one key, in key order, and leaves other columns out', () =>
    expect(merge(model, [{ of: 'b', ...join({ at: 1 }), customerId: 'x' }, { of: 'a', ...join({}) }, { of: 'b', ...join({ at: 2 }), customerId: 'y' }]).map((row) => [row.of, row.at, 'customerId' in row])).toEqual([
      ['a', null, false], ['b', 2, false],
    ]));
  it('refuses a rule whose result would hang on the order', () => {
    expect(() => mergerOf({ value: { type: 'text', merge: { latest: 'at' }, doc: '' } })).toThrow('goes by at');
    expect(() => mergerOf({ value: { type: 'text', merge: { earliest: 'at' }, doc: '' }, at: { type: 'instant', merge: 'max', doc: '' } })).toThrow('rule min');
  });
});
