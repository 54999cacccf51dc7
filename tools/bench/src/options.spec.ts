import { describe, expect, it } from '@jest/globals';
import { parseOptions } from './options.ts';

describe('a command line', () => {
  it('has defaults of the size that counts', () => {
    expect(parseOptions(['pipeline'])).toEqual({ name: 'pipeline', events: 1_000_000, customers: 100_000, seed: 1, seconds: 60, rate: 100, parts: undefined, profile: false, keep: false });
  });

  it('takes numbers with separators, and parts', () => {
    expect(parseOptions(['pipeline', '--events', '200,000', '--part', 'backlog', '--part', 'orders', '--profile'])).toMatchObject({ events: 200_000, parts: ['backlog', 'orders'], profile: true });
  });

  it('is refused without a name, with two, and with what is no number', () => {
    expect(() => parseOptions([])).toThrow('name one benchmark');
    expect(() => parseOptions(['a', 'b'])).toThrow('name one benchmark');
    expect(() => parseOptions(['pipeline', '--events', '1e6'])).toThrow('--events wants a whole number');
    expect(() => parseOptions(['pipeline', '--evnets', '5'])).toThrow();
  });
});
