import { DAY, toIso, type Instant } from '@touchpoint/kernel';
import { FUTURE_MS, LIVE_MS } from './bounds.ts';
import type { Issues } from './issues.ts';

const ISO = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/i;

const digits = (text: string, at: number, count: number): number => {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
};
const MARKS: readonly (readonly [number, number])[] = [[4, 45], [7, 45], [10, 84], [13, 58], [16, 58], [19, 46], [23, 90]];
/** What toISOString writes, as nearly all senders do, on a day that every month has; undefined for any other form. */
const usual = (text: string): Instant | undefined => {
  if (text.length !== 24) return undefined;
  for (let i = 0; i < MARKS.length; i++) if (text.charCodeAt(MARKS[i]![0]) !== MARKS[i]![1]) return undefined;
  const [year, month, day, hour, minute, second, ms] = [digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2), digits(text, 11, 2), digits(text, 14, 2), digits(text, 17, 2), digits(text, 20, 3)];
  const plain = year! >= 1_000 && month! >= 1 && month! <= 12 && day! >= 1 && day! <= 28 && hour! <= 23 && minute! <= 59 && second! <= 59 && ms! >= 0;
  return plain ? Date.UTC(year!, month! - 1, day, hour, minute, second, ms) : undefined;
};

/** An ISO 8601 date or time; without a zone it is UTC, as Segment takes it. Undefined for anything else, the 30th of February too. */
export const instantOf = (text: string): Instant | undefined => {
  const at = usual(text);
  if (at !== undefined) return at;
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match;
  const date = Date.UTC(Number(year), Number(month) - 1, Number(day));
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60 || new Date(date).getUTCDate() !== Number(day) || Number(year) < 1_000) return undefined;
  const offset = zone === undefined ? 0 : offsetOf(zone);
  const time = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1_000 + Number(fraction.slice(0, 3).padEnd(3, '0'));
  return offset === undefined ? undefined : date + time - offset;
};

const offsetOf = (zone: string): number | undefined => {
  if (zone === 'Z' || zone === 'z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(-2));
  return hours > 23 || minutes > 59 ? undefined : (zone[0] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
};

/** When an event, or a batch of them, was received and, by the publisher's clock, sent. */
export type Clocks = Readonly<{ receivedAt: Instant; sentAt: Instant | null }>;

/** A batch is sent once: its members share one text. */
let last: Readonly<{ text: string; at: Instant | undefined }> = { text: '', at: undefined };

/** What a sender says of when it sent: null when it says nothing. */
export const sentAtOf = (value: unknown, issues: Issues): Instant | null => {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && value !== last.text) last = { text: value, at: instantOf(value) };
  const sentAt = typeof value === 'string' ? last.at : undefined;
  if (sentAt === undefined) issues.add('INTAKE.BAD_TIME', 'Expected an ISO 8601 time, such as 2026-01-31T12:00:00.000Z.', 'sentAt');
  return sentAt ?? null;
};

/**
 * When it happened by our clock: Segment's receivedAt − (sentAt − timestamp), so that a wrong clock of the publisher cancels out. An event that says
 * nothing happened when it came; history keeps its time as it stands. @returns the instant, and whether it is too old to be live.
 */
export const occurredAt = (timestamp: unknown, historical: boolean, { receivedAt, sentAt }: Clocks, issues: Issues): Readonly<{ at: Instant; old: boolean }> => {
  const nothing = { at: receivedAt, old: false };
  if (timestamp === undefined || timestamp === null) {
    if (historical) issues.add('INTAKE.MISSING', 'History has a time of its own.', 'timestamp');
    return nothing;
  }
  const said = typeof timestamp === 'string' ? instantOf(timestamp) : undefined;
  if (said === undefined) {
    issues.add('INTAKE.BAD_TIME', 'Expected an ISO 8601 time, such as 2026-01-31T12:00:00.000Z.', 'timestamp');
    return nothing;
  }
  const at = historical || sentAt === null ? said : receivedAt - (sentAt - said);
  if (at > receivedAt + FUTURE_MS) {
    issues.add('INTAKE.FUTURE', `${shown(at)} is more than ${FUTURE_MS / DAY} day after it was received (${shown(receivedAt)}). Send when it happened, and sentAt by the same clock.`, 'timestamp');
    return nothing;
  }
  if (at < 0) {
    issues.add('INTAKE.BAD_TIME', 'Nothing is taken from before 1970.', 'timestamp');
    return nothing;
  }
  return { at, old: receivedAt - at > LIVE_MS };
};

/** A corrected clock may lie outside of what a date can show. */
const shown = (at: Instant): string => (Math.abs(at) <= 8.64e15 ? toIso(at) : 'That time');
