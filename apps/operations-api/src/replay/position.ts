import { DAY, HOUR, MINUTE, parseDuration, SECOND, type Instant } from '@touchpoint/kernel';

/** A place on a topic, as an operator says it: a time, an offset of every partition, an event's position, or one of the ends. */
export type Position = Readonly<{ at: Instant }> | Readonly<{ offset: number }> | Readonly<{ partition: number; offset: number }> | 'begin' | 'end';

export const POSITIONS = 'begin, end, a time (2026-11-22T10:00:00Z), how long ago (2h, 30m, 3d, PT90M), an offset (1042), or where an event lies (7@1042: partition and offset)';

const UNITS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;
const AGO = /^(\d{1,7})([smhdw])$/;
const OFFSET = /^\d{1,15}$/;
/** As a timeline page and our errors tell it: with or without the topic. */
const EVENT = /^(?:[\w.-]+\/)?(\d{1,6})@(\d{1,15})$/;

/** @param now what "ago" counts back from. @returns undefined where it is none of them. */
export const parsePosition = (text: string, now: Instant): Position | undefined => {
  if (text === 'begin' || text === 'end') return text;
  if (OFFSET.test(text)) return { offset: Number(text) };
  const [, partition, offset] = EVENT.exec(text) ?? [];
  if (partition !== undefined) return { partition: Number(partition), offset: Number(offset) };
  const [, count, unit] = AGO.exec(text) ?? [];
  const ago = count === undefined ? parseDuration(text) : Number(count) * UNITS[unit!]!;
  if (ago !== undefined) return { at: now - ago };
  const at = TIME.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : { at };
};
