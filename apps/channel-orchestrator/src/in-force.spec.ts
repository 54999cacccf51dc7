import { describe, expect, it } from '@jest/globals';
import type { JourneysPublished } from '@touchpoint/contracts';
import { compiledSet } from './in-force.ts';

const set = (setNumber: number) => ({ setNumber, engineVersion: '1', journeys: '[]', templates: '[]', segments: '[]', measures: null }) as unknown as JourneysPublished['data'];

describe('published sets', () => {
  it('are compiled once while they are in use, and forgotten then: a log may hold any number of them', () => {
    const [first, second] = [compiledSet(set(1)), compiledSet(set(2))];
    for (let n = 3; n < 40; n += 1) {
      compiledSet(set(n));
      expect(compiledSet(set(1))).toBe(first);
    }
    expect(compiledSet(set(2))).not.toBe(second);
    expect(compiledSet(set(2))).toEqual(second);
  });
});
