import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY, HOUR } from '@touchpoint/kernel';
import { anniversaryChanges, isAnniversary, isDate, isToday, knownZone, todayChanges } from './calendar.ts';
import type { TodayTest } from './condition.ts';

const at = Date.parse;
const ZURICH = 'Europe/Zurich';
const iso = (instant: number | undefined) => (instant === undefined ? undefined : new Date(instant).toISOString());

describe('today', () => {
  it.each<[string, TodayTest['today'], string, string, boolean]>([
    ['begins at midnight there', { from: '2026-12-01' }, '2026-11-30T23:00:00Z', ZURICH, true],
    ['not before', { from: '2026-12-01' }, '2026-11-30T22:59:59.999Z', ZURICH, false],
    ['is another day elsewhere', { from: '2026-12-01' }, '2026-11-30T23:00:00Z', 'America/New_York', false],
    ['its last day belongs to it', { until: '2026-12-24' }, '2026-12-24T22:59:59Z', ZURICH, true],
    ['the day behind does not', { until: '2026-12-24' }, '2026-12-24T23:00:00Z', ZURICH, false],
    ['is a weekday', { weekdays: ['sat', 'sun'] }, '2026-11-21T12:00:00Z', ZURICH, true],
    ['is none of these', { weekdays: ['sat', 'sun'] }, '2026-11-23T12:00:00Z', ZURICH, false],
    ['in a zone that is none, is that of UTC', { from: '2026-12-01' }, '2026-12-01T00:00:00Z', 'Mars/Base', true],
  ])('%s', (_, today, now, zone, expected) => expect(isToday(today, at(now), zone)).toBe(expected));

  it('knows when it changes, also where a day has 23 or 25 hours, or begins at one o’clock', () => {
    expect(iso(todayChanges({ from: '2026-03-30' }, at('2026-03-29T00:30:00Z'), ZURICH))).toBe('2026-03-29T22:00:00.000Z');
    expect(iso(todayChanges({ weekdays: ['sun'] }, at('2026-03-28T23:00:00Z'), ZURICH))).toBe('2026-03-29T22:00:00.000Z');
    expect(iso(todayChanges({ weekdays: ['sun'] }, at('2026-10-24T22:00:00Z'), ZURICH))).toBe('2026-10-25T23:00:00.000Z');
    // Clocks in Santiago are put forward at midnight: the day begins at one.
    expect(iso(todayChanges({ from: '2025-09-07' }, at('2025-09-06T12:00:00Z'), 'America/Santiago'))).toBe('2025-09-07T04:00:00.000Z');
    expect(todayChanges({ until: '2026-01-01' }, at('2026-02-01T00:00:00Z'), ZURICH)).toBeUndefined();
    expect(todayChanges({ from: '2026-01-01' }, at('2026-02-01T00:00:00Z'), ZURICH)).toBeUndefined();
  });
});

describe('an anniversary', () => {
  it.each<[string, string, number, string, boolean]>([
    ['1990-12-24', '2026-12-17T09:00:00Z', 7, ZURICH, true],
    ['1990-12-24', '2026-12-16T09:00:00Z', 7, ZURICH, false],
    ['1990-01-03', '2026-12-31T09:00:00Z', 3, ZURICH, true],
    ['1992-02-29', '2027-02-28T09:00:00Z', 0, ZURICH, true],
    ['1992-02-29', '2028-02-28T09:00:00Z', 0, ZURICH, false],
    ['1992-02-29', '2028-02-29T09:00:00Z', 0, ZURICH, true],
    ['1990-12-24', '2026-12-23T23:30:00Z', 0, ZURICH, true],
    ['1990-12-24', '2026-12-23T23:30:00Z', 0, 'UTC', false],
    ['gold', '2026-12-23T23:30:00Z', 0, 'UTC', false],
    ['1990-13-40', '2026-12-23T23:30:00Z', 0, 'UTC', false],
  ])('of %s, at %s, in %i days, in %s: %s', (value, now, days, zone, expected) => expect(isAnniversary(value, days, at(now), zone)).toBe(expected));
  it('of an instant is that of its day there', () => expect(isAnniversary(at('2024-06-30T23:00:00Z'), 0, at('2026-07-01T08:00:00Z'), ZURICH)).toBe(true));
});

describe('a change by the calendar', () => {
  const zone = fc.constantFrom('UTC', ZURICH, 'America/Santiago', 'Asia/Kolkata', 'Pacific/Apia', 'Africa/Casablanca', 'Australia/Lord_Howe');
  const start = fc.nat(3_000 * 24).map((hours) => at('2023-01-01') + hours * HOUR);
  const change = (is: (instant: number) => boolean, next: number | undefined, now: number, share: number) => {
    const until = next ?? now + 800 * DAY;
    for (const between of [until - 1, now + Math.floor((until - 1 - now) * share)]) expect(is(between)).toBe(is(now));
    if (next !== undefined) expect(next).toBeGreaterThan(now);
  };
  it('of an anniversary is the next one there is', () =>
    fc.assert(fc.property(zone, start, fc.nat(366), fc.nat(20_000), fc.double({ min: 0, max: 1, noNaN: true }), (name, now, days, day, share) => {
      const value = new Date(day * DAY).toISOString().slice(0, 10);
      const next = anniversaryChanges(value, days, now, name);
      change((instant) => isAnniversary(value, days, instant, name), next, now, share);
      expect(isAnniversary(value, days, next!, name)).toBe(!isAnniversary(value, days, now, name));
    }), { numRuns: 300 }));
  it('of what today is comes no earlier than it is said', () =>
    fc.assert(fc.property(zone, start, fc.nat(20), fc.double({ min: 0, max: 1, noNaN: true }), (name, now, days, share) => {
      const date = new Date(now + (days - 10) * DAY).toISOString().slice(0, 10);
      for (const today of [{ from: date }, { until: date }, { weekdays: ['mon'] as const }]) change((instant) => isToday(today, instant, name), todayChanges(today, now, name), now, today.weekdays ? 1 : share);
    }), { numRuns: 200 }));
});

it('zones and dates that are none are known', () => {
  expect([knownZone('Europe/Zurich'), knownZone('nowhere'), knownZone('')]).toEqual(['Europe/Zurich', 'UTC', 'UTC']);
  expect(['2026-02-28', '2026-02-29', '2026-2-1', 'x'].map(isDate)).toEqual([true, false, false, false]);
});
