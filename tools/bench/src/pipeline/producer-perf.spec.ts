import { describe, expect, it } from '@jest/globals';
import { parsePerformance } from './producer-perf.ts';

describe("what Kafka's ProducerPerformance prints", () => {
  it('ends with the rate of the whole', () => {
    expect(parsePerformance('345678 records sent, 69135.6 records/sec (39.56 MB/sec), 201.0 ms avg latency\n2000000 records sent, 123456.8 records/sec (70.64 MB/sec), 98.1 ms avg latency\n')).toBe(123_456.8);
  });

  it('is not taken for a rate when it has none', () => {
    expect(() => parsePerformance('usage: producer-performance\n')).toThrow('said nothing of its rate: usage');
  });
});
