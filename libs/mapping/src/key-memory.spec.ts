import { describe, expect, it } from '@jest/globals';
import { KeyMemory } from './key-memory.ts';

const has = (memory: KeyMemory, from: number, to: number) => Array.from({ length: to - from }, (_, i) => memory.has(`key-${from + i}`));

describe('a memory of keys', () => {
  it('knows what it was told, and nothing else', () => {
    const memory = new KeyMemory();
    for (let i = 0; i < 50_000; i++) memory.add(`key-${i}`);
    expect(has(memory, 0, 50_000)).not.toContain(false);
    expect(has(memory, 50_000, 100_000)).not.toContain(true);
  });
  it('counts a key once', () => {
    const memory = new KeyMemory(10);
    for (let i = 0; i < 1_000; i++) memory.add('the same');
    memory.add('other');
    expect([memory.has('the same'), memory.has('other')]).toEqual([true, true]);
  });
  it('forgets the oldest, and keeps at least as many as it is to keep', () => {
    const memory = new KeyMemory(1_000);
    for (let i = 0; i < 3_500; i++) memory.add(`key-${i}`);
    expect(has(memory, 2_500, 3_500)).not.toContain(false);
    expect(has(memory, 0, 1_000)).not.toContain(true);
  });
});
