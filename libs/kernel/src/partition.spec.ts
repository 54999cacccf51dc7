import { describe, expect, it } from '@jest/globals';
import { murmur2, partitionOf } from './partition.ts';

/** Pairs from Kafka's own UtilsTest.testMurmur2. */
const KAFKA: readonly [string, number][] = [['21', -973932308], ['foobar', -790332482], ['a-little-bit-long-string', -985981536], ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971], ['abc', 479470107]];

describe('murmur2', () => {
  it.each(KAFKA)('hashes %p as Kafka does', (key, hash) => expect(murmur2(new TextEncoder().encode(key)) | 0).toBe(hash));
  it('keeps a partition within bounds for any key', () => {
    for (const key of ['', 'ü', '日本', 'x'.repeat(1000)]) expect(partitionOf(key, 12)).toBeLessThan(12);
  });
});
