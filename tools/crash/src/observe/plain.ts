import { DAY, toIso, type Instant } from '@touchpoint/kernel';
import { DAYS_AFTER } from '../journeys.ts';
import type { RunTime } from '../system.port.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type PlainPorts = Readonly<{
  run: RunTime;
  /** What is put before all names of this run. */
  prefix: string;
  /** A sealed value in clear, by its bytes in base64; undefined: it is none. */
  opened: (base64: string) => string | undefined;
  /** The name of a record whose id hangs on its position. */
  nameOf: (id: string) => string | undefined;
}>;

/** Instants of this century, in milliseconds. Nothing else in a row is as large. */
const [EARLIEST, LATEST] = [Date.parse('2000-01-01'), Date.parse('2100-01-01')];
/** Clocks of parts and of the broker are one machine's, and start a little before. */
const MARGIN_MS = 5_000;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const BASE64 = /^AQ[A-Za-z0-9+/]{48,}={0,2}$/;

/**
 * Makes values of two runs comparable: sealed values in clear, JSON text as JSON, keys in order, ids that derive from positions by the name of the record, and
 * instants of the run (or so many days after it) as just that. An instant that the load gave stays as it is.
 */
export const plainOf = ({ run, prefix, opened, nameOf }: PlainPorts): ((value: unknown) => Json) => {
  const instant = (at: Instant): string => {
    for (const days of [0, ...DAYS_AFTER]) {
      const back = at - days * DAY;
      if (back >= run.began - MARGIN_MS && back <= run.ended + MARGIN_MS) return days === 0 ? 'during the run' : `${days} days after the run`;
    }
    return toIso(at);
  };
  const text = (value: string): Json => {
    if (ISO.test(value)) return instant(Date.parse(value));
    if (BASE64.test(value)) {
      const clear = opened(value);
      return clear === undefined ? value : text(clear);
    }
    if (value.startsWith('{') || value.startsWith('[')) {
      const parsed = jsonOf(value);
      if (parsed !== undefined) return plain(parsed);
    }
    return nameOf(value) ?? (prefix === '' ? value : value.replaceAll(prefix, ''));
  };
  const plain = (value: unknown): Json => {
    if (value === null || value === undefined) return null;
    switch (typeof value) {
      case 'number': return value > EARLIEST && value < LATEST ? instant(value) : value;
      case 'bigint': return `${value}n`;
      case 'string': return text(value);
      case 'boolean': return value;
    }
    if (value instanceof Date) return instant(value.getTime());
    if (value instanceof Uint8Array) return text(Buffer.from(value).toString('base64'));
    if (Array.isArray(value)) return value.map(plain);
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [prefix === '' ? name : name.replaceAll(prefix, ''), plain(inner)] as const).sort(([a], [b]) => (a < b ? -1 : 1)));
  };
  return plain;
};

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Every value that may be a sealed one, in base64: to open them all in one go. */
export const sealedIn = (value: unknown, found: Set<string>): void => {
  if (typeof value === 'string') {
    if (BASE64.test(value)) found.add(value);
    else if (value.startsWith('{') || value.startsWith('[')) sealedIn(jsonOf(value), found);
  } else if (value instanceof Uint8Array) sealedIn(Buffer.from(value).toString('base64'), found);
  else if (Array.isArray(value)) for (const inner of value) sealedIn(inner, found);
  else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) sealedIn(inner, found);
};
