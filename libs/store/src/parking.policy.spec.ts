import { describe, expect, it } from '@jest/globals';
import { isBadRelease } from './parking.policy.ts';

describe('customers parked for one cause', () => {
  it.each([
    [19, 100, false, 'fewer than twenty are bad customers, however few there are'],
    [20, 100, true, 'twenty of a hundred'],
    [20, 0, true, 'twenty of nobody knows how many'],
    [20, 2_000, false, 'one of a hundred'],
    [21, 2_000, true, 'more than one of a hundred'],
    [9_999, 1_000_000, false, 'many of very many'],
  ])('%d of %d: a bad release is %s (%s)', (parked, customers, expected) => expect(isBadRelease(parked, customers)).toBe(expected));
});
