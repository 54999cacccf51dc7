import { Temporal } from 'temporal-polyfill';
import type { Instant } from '@touchpoint/kernel';
import { WEEKDAYS, type TodayTest } from './condition.ts';

/** Where nobody said which zone a customer lives in. */
export const NO_ZONE = 'UTC';
type Day = Temporal.PlainDate;

/** Zones come from clients: one that is none counts as unknown. Most that are remembered. */
const MAX_ZONES = 1_000;
const zones = new Map<string, string>();
/** The zone by its IANA name, or UTC where it is none. */
export const knownZone = (name: string): string => {
  const known = zones.get(name);
  if (known !== undefined) return known;
  let zone = NO_ZONE;
  try {
    zone = Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name).timeZoneId;
  } catch {
    // No zone of that name.
  }
  if (zones.size >= MAX_ZONES) zones.clear();
  zones.set(name, zone);
  return zone;
};

/** The day that it is somewhere. */
const dayAt = (at: Instant, zone: string): Day => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(knownZone(zone)).toPlainDate();
/** When a day begins somewhere: not always at midnight, where clocks are put forward then. */
const beginOf = (day: Day, zone: string): Instant => day.toZonedDateTime(knownZone(zone)).epochMilliseconds;
const plainDate = (text: string): Day | undefined => {
  try {
    return Temporal.PlainDate.from(text);
  } catch {
    return undefined;
  }
};
/** A date as authors write it, 2026-12-24. */
export const isDate = (text: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(text) && plainDate(text) !== undefined;

/** Does today's date fit? */
export const isToday = ({ from, until, weekdays }: TodayTest['today'], at: Instant, zone: string): boolean => {
  const today = dayAt(at, zone);
  const text = today.toString();
  return (from === undefined || text >= from) && (until === undefined || text <= until) && (weekdays === undefined || weekdays.includes(WEEKDAYS[today.dayOfWeek - 1]!));
};

/** The next instant at which `isToday` may come out otherwise; undefined: never again. */
export const todayChanges = ({ from, until, weekdays }: TodayTest['today'], at: Instant, zone: string): Instant | undefined => {
  const today = dayAt(at, zone);
  const text = today.toString();
  if (until !== undefined && text > until) return undefined;
  if (from !== undefined && text < from) return beginOf(plainDate(from)!, zone);
  if (weekdays !== undefined) return beginOf(today.add({ days: 1 }), zone);
  return until === undefined ? undefined : beginOf(plainDate(until)!.add({ days: 1 }), zone);
};

/** The day of an instant (epoch milliseconds) or of a text that begins with a date, somewhere; undefined: neither. */
const dayOfValue = (value: unknown, zone: string): Day | undefined =>
  typeof value === 'number' ? dayAt(value, zone) : typeof value === 'string' && /^\d{4}-\d{2}-\d{2}/.test(value) ? plainDate(value.slice(0, 10)) : undefined;

/** The first anniversary on or after a day. One of 29 February is on 28 February in a year without it. */
const anniversaryFrom = (origin: Day, day: Day): Day => {
  const inYear = (year: number): Day => Temporal.PlainDate.from({ year, month: origin.month, day: origin.day }, { overflow: 'constrain' });
  const thisYear = inYear(day.year);
  return Temporal.PlainDate.compare(thisYear, day) >= 0 ? thisYear : inYear(day.year + 1);
};

/** Is it so many days until the anniversary of a value? */
export const isAnniversary = (value: unknown, days: number, at: Instant, zone: string): boolean => {
  const origin = dayOfValue(value, zone);
  if (!origin) return false;
  const day = dayAt(at, zone).add({ days });
  return anniversaryFrom(origin, day).equals(day);
};

/** The next instant at which `isAnniversary` comes out otherwise. */
export const anniversaryChanges = (value: unknown, days: number, at: Instant, zone: string): Instant | undefined => {
  const origin = dayOfValue(value, zone);
  if (!origin) return undefined;
  const day = dayAt(at, zone).add({ days });
  const next = anniversaryFrom(origin, day);
  return beginOf((next.equals(day) ? next.add({ days: 1 }) : next).subtract({ days }), zone);
};
