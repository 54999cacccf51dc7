import { describe, expect, it } from '@jest/globals';
import { DAY, HOUR, MINUTE } from '@touchpoint/kernel';
import { customerAppUsage, sessionsOf } from './app-usage.query.ts';
import { merge } from './merge.ts';
import { readModels } from './projections.ts';
import type { AppUsageRow } from './rows.ts';
import { BEN, happened, NOON, rowsOf } from './timeline.fixture.ts';

const opened = (at: number, appVersion: string | null = null, of?: typeof BEN) => happened('ApplicationOpened', appVersion === null ? {} : { context: { appVersion, osName: 'iOS', deviceClass: 'phone' } }, at, of);
const screen = (at: number) => happened('ScreenViewed', { name: 'Home' }, at);
const rows = (...timeline: Parameters<typeof rowsOf>[1][]) => rowsOf<AppUsageRow>(readModels.appUsage, ...timeline);

describe('app usage', () => {
  it('has a row for each UTC day', () =>
    expect(rows(opened(NOON), screen(NOON + MINUTE), opened(NOON - DAY)).map(({ day, opens, screens, firstAt, lastAt }) => ({ day, opens, screens, firstAt, lastAt }))).toEqual([
      { day: '2026-03-13', opens: 1, screens: 0, firstAt: NOON - DAY, lastAt: NOON - DAY },
      { day: '2026-03-14', opens: 1, screens: 1, firstAt: NOON, lastAt: NOON + MINUTE },
    ]));
  it('begins a session after a whole half hour without activity', () => {
    const day = [opened(NOON), screen(NOON + 29 * MINUTE), opened(NOON + 55 * MINUTE), opened(NOON + 91 * MINUTE), happened('ApplicationBackgrounded', {}, NOON + 4 * HOUR)];
    expect(customerAppUsage(rows(...day))).toMatchObject({ opens: 3, screens: 1, sessions: 3, daysActive: 1 });
    expect(customerAppUsage(rows(...day.toReversed()))).toMatchObject({ sessions: 3 });
  });
  it('counts a session once that two timelines of one customer saw', () =>
    expect(customerAppUsage(merge(readModels.appUsage, [...rows(opened(NOON)), ...rows(opened(NOON + 20 * MINUTE, null, BEN))]))).toMatchObject({ opens: 2, sessions: 1 }));
  it('keeps what the app last said of itself, whichever came last', () => {
    const days = rows(opened(NOON + 2 * DAY), opened(NOON + DAY, '4.1.0'), opened(NOON, '4.0.0'));
    expect(customerAppUsage(days)).toMatchObject({ appVersion: '4.1.0', platform: 'iOS', deviceClass: 'phone', daysActive: 3, firstAt: NOON, lastAt: NOON + 2 * DAY });
    expect(customerAppUsage([])).toMatchObject({ opens: 0, sessions: 0, appVersion: null, firstAt: null });
  });
  it('reaches from the first half hour of a day to the last', () => {
    const midnight = NOON + 12 * HOUR;
    expect(rows(opened(midnight - 1), opened(midnight)).map(({ day, slots }) => [day, slots])).toEqual([['2026-03-14', 2 ** 47], ['2026-03-15', 1]]);
    expect(rows(happened('ApplicationInstalled', {}, -1)).map(({ day, slots }) => [day, slots])).toEqual([['1969-12-31', 2 ** 47]]);
  });
});

describe('sessions of a day', () => {
  it.each([[0, 0], [0b1, 1], [0b1110011, 2], [0b10101, 3], [2 ** 47 + 1, 2], [2 ** 48 - 1, 1]])('of %p are %p', (slots, sessions) => expect(sessionsOf(slots)).toBe(sessions));
});
