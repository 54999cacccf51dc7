import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memberSizes } from './member-sizes.ts';

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
