import { describe, expect, it } from '@jest/globals';
import { groupForEachPartition } from './kafka-probe.ts';

/** As in the broker: `Utils.abs(groupId.hashCode()) % partitions`. */
const partitionOf = (group: string, partitions: number): number => {
  let code = 0n;
  for (const letter of group) code = BigInt.asIntN(32, code * 31n + BigInt(letter.charCodeAt(0)));
  return Number((code < 0n ? -code : code) % BigInt(partitions));
};

describe('probe groups', () => {
  it('fall one into each partition of the offsets topic', () => {
    const partitions = groupForEachPartition(50).map((group) => partitionOf(group, 50));
    expect([...partitions].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });
});
