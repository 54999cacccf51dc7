import { describe, expect, it } from '@jest/globals';
import { DAY, HOUR, MINUTE, parseDuration } from './time.ts';

describe('a duration', () => {
  it.each([['P30D', 30 * DAY], ['PT2H30M', 2 * HOUR + 30 * MINUTE], ['P1W', 7 * DAY], ['P1DT1S', DAY + 1000], ['PT0S', 0]])('reads %s', (text, ms) => expect(parseDuration(text)).toBe(ms));
  it.each(['', 'P', 'PT', 'P1DT', 'P1M', 'P1Y', '30D', 'P-1D', 'PT1.5H'])('refuses %p', (text) => expect(parseDuration(text)).toBeUndefined());
});
