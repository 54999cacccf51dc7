import { describe, expect, it } from '@jest/globals';
import { LogClock } from './log-clock.ts';

describe('the clock of a partition', () => {
  it('stands until something was resolved and read', () => {
    const clock = new LogClock();
    expect(clock.now).toBeUndefined();
    clock.look({ end: 5, next: 5, resolvedUpTo: 100 });
    expect(clock.now).toBeUndefined();
  });
  it('moves to what was resolved before the end that has been read', () => {
    const clock = new LogClock();
    clock.look({ end: 5, next: 5, resolvedUpTo: 100 });
    clock.look({ end: 7, next: 5, resolvedUpTo: 200 });
    expect(clock.now).toBeUndefined();
    clock.read(6);
    expect(clock.now).toBeUndefined();
    clock.read(7);
    expect(clock.now).toBe(100);
  });
  it('does not chase an end that runs away', () => {
    const clock = new LogClock();
    clock.look({ end: 5, next: 0, resolvedUpTo: 100 });
    clock.look({ end: 10, next: 4, resolvedUpTo: 200 });
    clock.look({ end: 20, next: 9, resolvedUpTo: 300 });
    clock.look({ end: 30, next: 15, resolvedUpTo: 400 });
    expect(clock.now).toBe(100);
  });
  it('never goes back, and stands while nothing is resolved', () => {
    const clock = new LogClock();
    for (const resolvedUpTo of [300, 100, undefined, undefined]) clock.look({ end: 1, next: 1, resolvedUpTo });
    expect(clock.now).toBe(300);
  });
});
