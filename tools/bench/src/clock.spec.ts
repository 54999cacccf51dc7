import { afterEach, expect, jest, test } from '@jest/globals';
import { Clock } from './clock.ts';

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

/** Each piece of work appears to take the next of `ms`. */
const workTakes = (...ms: number[]): void => {
  const left = ms.values();
  jest.spyOn(process, 'threadCpuUsage').mockImplementation((before) => (before ? { user: (left.next().value ?? 0) * 800, system: 0 } : { user: 0, system: 0 }));
};

test('is the middle time of the work over that of the reference, one piece each second', () => {
  jest.useFakeTimers();
  workTakes(12.5, 18.75, 250);
  using clock = new Clock();
  jest.advanceTimersByTime(3_000);
  expect(clock.read()).toBeCloseTo(1.5);
});

test('measures at once when it is asked before the first second', () => {
  jest.useFakeTimers();
  workTakes(25);
  using clock = new Clock();
  expect(clock.read()).toBeCloseTo(2);
});

test('ends with its block', () => {
  jest.useFakeTimers();
  {
    using _clock = new Clock();
  }
  expect(jest.getTimerCount()).toBe(0);
});
