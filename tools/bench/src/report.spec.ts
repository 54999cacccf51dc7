import { describe, expect, it } from '@jest/globals';
import { figureTable, measured, met, notMeasured, shown, table } from './report.ts';

describe('a figure', () => {
  it('is met at its target, and missed beyond it', () => {
    expect(met(measured('a', 120, 'µs', { atMost: 120 }))).toBe(true);
    expect(met(measured('a', 120.1, 'µs', { atMost: 120 }))).toBe(false);
    expect(met(measured('a', 0.39, '', { atLeast: 0.4 }))).toBe(false);
    expect(met(measured('a', 1, '', null))).toBeUndefined();
  });

  it('that was not measured is neither, and says why', () => {
    const figure = notMeasured('a', 'there is no delivery-service', '', { atMost: 3 });
    expect(met(figure)).toBeUndefined();
    expect(figureTable([figure])).toContain('not measured');
    expect(figureTable([figure])).toContain('there is no delivery-service');
  });
});

describe('a table', () => {
  it('sets numbers to the right', () => {
    expect(table([['a', '1'], ['bcd', '22']], [1])).toBe('a     1\nbcd  22');
  });

  it('shows three digits, or all before the point', () => {
    expect([0.123456, 12.345, 1234567.8, 99.96, 'text'].map(shown)).toEqual(['0.123', '12.3', '1,234,568', '100', 'text']);
  });
});
