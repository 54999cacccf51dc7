import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { murmur2, partitionOf } from './partition.ts';

/** Pairs from Kafka's own UtilsTest.testMurmur2. */
const KAFKA: readonly [string, number][] = [['21', -973932308], ['foobar', -790332482], ['a-little-bit-long-string', -985981536], ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971], ['abc', 479470107]];

describe('murmur2', () => {
  it.each(KAFKA)('hashes %p as Kafka does', (key, hash) => expect(murmur2(new TextEncoder().encode(key)) | 0).toBe(hash));
  it('is that of the bytes for any key, short or long', () => {
    const bytes = new TextEncoder();
    fc.assert(fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9a-f]{32}$/)), (key) => {
      for (const text of [key, key.repeat(9)]) expect(partitionOf(text, 12)).toBe((murmur2(bytes.encode(text)) & 0x7fffffff) % 12);
    }));
  });
  it('keeps a partition within bounds for any key', () => {
    for (const key of ['', 'ü', '日本', 'x'.repeat(1000)]) expect(partitionOf(key, 12)).toBeLessThan(12);
  });
});
