import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mayExceed, memberSizes } from './member-sizes.ts';

const sizes = (json: string) => memberSizes(Buffer.from(json));

describe('the sizes of the members of a batch', () => {
  it.each([
    ['{"batch":[]}', []],
    ['{"batch":[ ]}', []],
    ['{"batch":[1,{"a":[1,2]},"x,]"]}', [1, 11, 5]],
    ['{"a":{"batch":[1]},"b":[9,9],"batch":["\\"[,","é"],"sentAt":"x"}', [6, 4]],
    ['[{"id":"1"},{"id":"22"}]', [10, 11]],
    ['{ "batch" : [ 1 , 2 ] }', [3, 3]],
  ])('of %s are %p', (json, expected) => expect(sizes(json)).toEqual(expected));
  it.each(['{}', '{"batches":[1]}', '"batch"', '1', '{"x":"batch"}'])('are unknown of %s', (json) => expect(sizes(json)).toBeUndefined());
  it('are those of the last list, as a parser takes it', () => expect(sizes('{"batch":[1,2,3],"batch":["x"]}')).toEqual([3]));
  it('are what each member takes as JSON, whatever it holds', () =>
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), (batch, other) => {
        expect(sizes(JSON.stringify({ other, batch, more: other }))).toEqual(batch.map((member) => Buffer.byteLength(JSON.stringify(member))));
        expect(sizes(JSON.stringify(batch))).toEqual(batch.map((member) => Buffer.byteLength(JSON.stringify(member))));
      }),
    ));
  it('ends, whatever the bytes', () => fc.assert(fc.property(fc.string({ unit: fc.constantFrom('"', '\\', '[', ']', '{', '}', ',', ':', 'batch', ' ') }), (text) => void sizes(text))));
});

describe('the quick look', () => {
  const NAME = Buffer.from('"messageId"');
  const member = fc.record({ messageId: fc.constant('m'), before: fc.string({ maxLength: 200, size: 'max' }), list: fc.array(fc.integer()), more: fc.oneof({ weight: 9, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.constant({ messageId: 1 }) }) });
  const shuffled = fc.tuple(member, fc.boolean()).map(([made, turned]) => (turned ? Object.fromEntries(Object.entries(made).reverse()) : made));
  it('never misses a member that is too large', () =>
    fc.assert(fc.property(fc.array(shuffled, { minLength: 1 }), fc.integer({ min: 1, max: 400 }), (batch, limit) => {
      const json = Buffer.from(JSON.stringify({ sentAt: 'x', batch }));
      if (!mayExceed(json, NAME, batch.length, limit)) for (const size of memberSizes(json)!) expect(size).toBeLessThanOrEqual(limit);
    })));
  it.each([[0, true], [0, false], [1, true], [1, false], [2, true], [2, false]])('finds a large one in place %d, its name first: %p', (place, first) => {
    const batch = Array.from({ length: 3 }, (_, i) => ({ ...(first ? { messageId: 'm' } : {}), a: 'x'.repeat(i === place ? 500 : 1), ...(first ? {} : { messageId: 'm' }) }));
    expect(mayExceed(Buffer.from(JSON.stringify({ batch })), NAME, 3, 400)).toBe(true);
  });
  it('is quick where all are small', () => expect(mayExceed(Buffer.from(JSON.stringify({ batch: Array(100).fill({ messageId: 'm', a: 'x'.repeat(200) }) })), NAME, 100, 1_000)).toBe(false));
});
