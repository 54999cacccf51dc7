/** Epoch milliseconds. Time arrives on messages; nothing pure reads a clock. */
export type Instant = number;

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const UNITS: Readonly<Record<string, number>> = { D: DAY, H: HOUR, M: MINUTE, S: SECOND, W: 7 * DAY };
const DURATION = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/** Milliseconds of an ISO 8601 duration of weeks to seconds (`P30D`, `PT2H30M`); undefined for anything else, months and years too: they have no fixed length. */
export const parseDuration = (text: string): number | undefined => {
  const match = DURATION.exec(text);
  if (!match || text === 'P' || text.endsWith('T')) return undefined;
  return ['W', 'D', 'H', 'M', 'S'].reduce((sum, unit, i) => sum + Number(match[i + 1] ?? 0) * UNITS[unit]!, 0);
};

export const toIso = (at: Instant): string => new Date(at).toISOString();
/** The UTC day an instant falls on, `2010-12-01`. */
export const dayOf = (at: Instant): string => {
  const day = Math.floor(at / DAY);
  if (day !== lastDay) [lastDay, lastText] = [day, toIso(at).slice(0, 10)];
  return lastText;
};
/** Events of one day follow each other, and printing a date is dear. */
let lastDay = Number.NaN;
let lastText = '';
