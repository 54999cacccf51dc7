import { describe, expect, it } from '@jest/globals';
import { Gate } from './gate.ts';

/** Pieces of work that end when they are told to; `begun` names those that are in. */
const through = (gate: Gate) => {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const enter = (name: string, bytes: number) => gate.through(bytes, () => {
    begun.push(name);
    return new Promise<void>((resolve) => ends.set(name, resolve));
  });
  const end = async (name: string) => {
    ends.get(name)!();
    for (let turns = 0; turns < 5; turns += 1) await Promise.resolve();
  };
  return { begun, enter, end };
};

describe('a gate', () => {
  it('lets through as many as it is wide, the others in their turn', async () => {
    const { begun, enter, end } = through(new Gate(2, 100));
    for (const name of ['a', 'b', 'c', 'd']) void enter(name, 1);
    expect(begun).toEqual(['a', 'b']);
    await end('b');
    expect(begun).toEqual(['a', 'b', 'c']);
  });
  it('lets through no more bytes than it has room for, and nobody overtakes one that waits', async () => {
    const { begun, enter, end } = through(new Gate(4, 100));
    void enter('most', 90);
    void enter('large', 20);
    void enter('small', 1);
    expect(begun).toEqual(['most']);
    await end('most');
    expect(begun).toEqual(['most', 'large', 'small']);
  });
  it('lets one that is larger than all its room through alone', async () => {
    const { begun, enter, end } = through(new Gate(4, 100));
    void enter('small', 1);
    void enter('huge', 1_000);
    void enter('next', 1);
    await end('small');
    expect(begun).toEqual(['small', 'huge']);
    await end('huge');
    expect(begun).toEqual(['small', 'huge', 'next']);
  });
  it('goes on after work that failed', async () => {
    const gate = new Gate(1, 1);
    await expect(gate.through(1, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(gate.through(1, () => Promise.resolve('yes'))).resolves.toBe('yes');
  });
});
