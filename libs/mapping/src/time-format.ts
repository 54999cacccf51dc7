import type { Instant } from '@touchpoint/kernel';
import { instantIn, type Zone } from './zone.ts';

/** Reads a time; undefined where the text is none of this form, names a day that does not exist, or no zone is known for it. */
export type TimeReader = (text: string) => Instant | undefined;

type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'fraction' | 'half';
/** Longest first, as they are looked for. */
const TOKENS: readonly (readonly [token: string, part: Part, pattern: string])[] = [
  ['YYYY', 'year', '(\\d{4})'],
  ['SSS', 'fraction', '(\\d{1,9})'],
  ['MM', 'month', '(\\d{2})'],
  ['DD', 'day', '(\\d{2})'],
  ['HH', 'hour', '(\\d{2})'],
  ['hh', 'hour', '(\\d{2})'],
  ['mm', 'minute', '(\\d{2})'],
  ['ss', 'second', '(\\d{2})'],
  ['YY', 'year', '(\\d{2})'],
  ['M', 'month', '(\\d{1,2})'],
  ['D', 'day', '(\\d{1,2})'],
  ['H', 'hour', '(\\d{1,2})'],
  ['h', 'hour', '(\\d{1,2})'],
  ['A', 'half', '([AaPp][Mm])'],
];

type Parts = Partial<Record<Part, string>>;

/** Epoch milliseconds of a wall clock at UTC; undefined for the 30th of February and 25 o'clock. A second of 60 (a leap second) is the next minute's first. */
const wallClock = ({ year = '', month = '1', day = '1', hour = '0', minute = '0', second = '0', fraction = '', half }: Parts): Instant | undefined => {
  const fullYear = year.length === 2 ? 2000 + Number(year) - (Number(year) >= 70 ? 100 : 0) : Number(year);
  const date = Date.UTC(fullYear, Number(month) - 1, Number(day));
  const onTwelve = half === undefined ? Number(hour) : Number(hour) === 0 || Number(hour) > 12 ? 99 : (Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  if (fullYear < 1000 || new Date(date).getUTCDate() !== Number(day) || new Date(date).getUTCMonth() !== Number(month) - 1) return undefined;
  if (onTwelve > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  return date + ((onTwelve * 60 + Number(minute)) * 60 + Number(second)) * 1000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
};

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s?([Zz]|[+-]\d{2}:?\d{2})?)?$/;
const OFFSET = /^[+-](\d{2}):?(\d{2})$/;

/** Minutes east of UTC of `+01:00`; undefined where it is none. */
export const offsetMinutes = (text: string): number | undefined => {
  if (/^(?:z|utc)$/i.test(text)) return 0;
  const match = OFFSET.exec(text);
  if (!match || Number(match[1]) > 15 || Number(match[2]) > 59) return undefined;
  return (text.startsWith('-') ? -1 : 1) * (Number(match[1]) * 60 + Number(match[2]));
};

const isoReader = (zone: Zone | undefined): TimeReader => (text) => {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [, year = '', month = '', day = '', hour = '0', minute = '0', second = '0', fraction = '', said] = match;
  const wall = wallClock({ year, month, day, hour, minute, second, fraction });
  if (wall === undefined) return undefined;
  if (said === undefined) return zone && instantIn(zone, wall);
  const minutes = offsetMinutes(said);
  return minutes === undefined ? undefined : wall - minutes * 60_000;
};

/** Epoch seconds or milliseconds; seconds may have a fraction. */
const epochReader = (unit: number): TimeReader => (text) => {
  if (!/^-?\d{1,14}(?:\.\d{1,9})?$/.test(text)) return undefined;
  const at = Math.round(Number(text) * unit);
  return Math.abs(at) <= 8.64e15 ? at : undefined;
};

const tokenAt = (format: string, at: number) => TOKENS.find(([token]) => format.startsWith(token, at));
const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** The parts of a pattern in their order, and what it matches; undefined where a part comes twice or year, month or day is missing. */
const parsePattern = (format: string): Readonly<{ parts: readonly Part[]; pattern: RegExp }> | undefined => {
  const parts: Part[] = [];
  let source = '';
  for (let at = 0; at < format.length; ) {
    const token = tokenAt(format, at);
    if (token) parts.push(token[1]);
    source += token ? token[2] : escaped(format[at]!);
    at += token ? token[0].length : 1;
  }
  const complete = (['year', 'month', 'day'] as const).every((part) => parts.includes(part)) && new Set(parts).size === parts.length;
  const halves = parts.includes('half') === /h/.test(format);
  return complete && halves ? { parts, pattern: new RegExp(`^${source}$`) } : undefined;
};

const patternReader = (format: string, zone: Zone | undefined): TimeReader | undefined => {
  const parsed = parsePattern(format);
  if (!parsed) return undefined;
  return (text) => {
    const match = parsed.pattern.exec(text);
    if (!match) return undefined;
    const wall = wallClock(Object.fromEntries(parsed.parts.map((part, i) => [part, match[i + 1]])) as Parts);
    return wall === undefined || !zone ? undefined : instantIn(zone, wall);
  };
};

/** The reader for a column's `format`; undefined where it is no format. */
export const timeReader = (format: string, zone: Zone | undefined): TimeReader | undefined => {
  if (format === 'iso') return isoReader(zone);
  if (format === 'seconds' || format === 'milliseconds') return epochReader(format === 'seconds' ? 1000 : 1);
  return patternReader(format, zone);
};
/** Whether a format names no zone in the text itself, so that the column must. */
export const needsZone = (format: string): boolean => !['iso', 'seconds', 'milliseconds'].includes(format);
