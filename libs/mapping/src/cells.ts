import { parseDecimal, type Decimal, type Instant } from '@touchpoint/kernel';
import { LongNumber } from './json-records.ts';
import type { Column } from './mapping.ts';
import { namedZone, type Zone } from './zone.ts';
import { offsetMinutes, timeReader } from './time-format.ts';

/** What a cell holds: text, an exact decimal, a whole number, an instant, true or false, or nothing. Lists are rows of their own. */
export type Cell = string | Decimal | number | boolean | null | readonly Row[];
/** The cells of one row, by the slot of their column. */
export type Row = readonly Cell[];

/** A cell that is not what its column says. The value is not told: it may be personal, and the line leads to it. */
export class BadCell {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Reads one cell as it stands in the file; null says nothing. */
export type CellReader = (raw: unknown) => Cell | BadCell;
type TextReader = (text: string) => Cell | BadCell;

const EXPONENT = /^([+-]?)(\d+)(?:\.(\d*))?[eE]([+-]?\d{1,2})$/;
/** `1.5e3` as plain digits, exactly; other text as it stands. */
const withoutExponent = (text: string): string => {
  const match = EXPONENT.exec(text);
  if (!match) return text;
  const [, sign = '', whole = '', places = '', exponent = '0'] = match;
  const point = whole.length + Number(exponent);
  const digits = `${'0'.repeat(Math.max(0, -point))}${whole}${places}`;
  const cut = Math.max(0, point);
  const padded = digits.padEnd(cut, '0');
  return `${sign}${padded.slice(0, cut) || '0'}.${padded.slice(cut) || '0'}`;
};

const MEMORY = 4_096;
/** Up to so many characters a text is a copy; a longer one would hold on to the piece of the file that it was cut from. */
const COPIED = 12;
/** Prices, quantities and times repeat: what a short text was read as is kept, and what the last text was. */
const remembering = (read: TextReader): TextReader => {
  const known = new Map<string, Cell | BadCell>();
  let last: Readonly<{ text: string; answer: Cell | BadCell }> = { text: '', answer: null };
  return (text) => {
    if (text === last.text) return last.answer;
    const answer = known.get(text) ?? read(text);
    last = { text, answer };
    if (text.length <= COPIED) {
      if (known.size >= MEMORY) known.clear();
      known.set(text, answer);
    }
    return answer;
  };
};

const decimalReader = ({ decimalSign = '.', thousands }: Column): TextReader =>
  remembering((text) => {
    const bare = thousands === undefined ? text : text.replaceAll(thousands, '');
    const plain = decimalSign === ',' ? (bare.includes('.') ? 'none' : bare.replace(',', '.')) : bare;
    return parseDecimal(withoutExponent(plain)) ?? new BadCell('is no decimal of at most six places');
  });

const wholeReader: TextReader = (text) => {
  const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : new BadCell('is no whole number');
};

const booleanReader = ({ true: yes = ['true', '1', 'yes'], false: no = ['false', '0', 'no'] }: Column): TextReader => {
  const words = new Map<string, boolean>([...no.map((word) => [word.toLowerCase(), false] as const), ...yes.map((word) => [word.toLowerCase(), true] as const)]);
  const bad = new BadCell(`is none of ${[...words.keys()].join(', ')}`);
  return (text) => words.get(text.toLowerCase()) ?? bad;
};

/** @returns undefined where there is no such zone */
export const zoneOf = (name: string): Zone | undefined => {
  const minutes = offsetMinutes(name);
  return minutes === undefined ? namedZone(name) : { minutes };
};

const instantReader = ({ format = 'iso', zone }: Column): TextReader => {
  const read = timeReader(format, zone === undefined ? undefined : zoneOf(zone));
  const bad = new BadCell(`is no time of the form ${format}${format === 'iso' && zone === undefined ? ' with a zone (a column may name one: "zone": "UTC")' : ''}`);
  return remembering((text): Instant | BadCell => read?.(text) ?? bad);
};

const textReaders: { readonly [T in Exclude<Column['type'], 'list'>]: (column: Column) => TextReader } = {
  text: () => (text) => text,
  decimal: decimalReader,
  whole: () => wholeReader,
  boolean: booleanReader,
  time: instantReader,
};

const textOf = (raw: unknown): string | undefined => {
  if (typeof raw === 'string') return raw.trim();
  if (typeof raw === 'number' || typeof raw === 'boolean') return String(raw);
  return raw instanceof LongNumber ? raw.text : undefined;
};

const MISSING = new BadCell('is empty; say "optional": true of the column if it may be');
const NOT_PLAIN = new BadCell('is no single value');

/** The reader of a plain column. Space around a text is no part of it. */
export const cellReader = (column: Column & Readonly<{ type: Exclude<Column['type'], 'list'> }>): CellReader => {
  const read = textReaders[column.type](column);
  const nothing: Cell | BadCell = column.optional ? null : MISSING;
  const empty = new Set(column.empty);
  return (raw) => {
    if (raw === undefined || raw === null) return nothing;
    const text = textOf(raw);
    if (text === undefined) return NOT_PLAIN;
    return text === '' || (empty.size > 0 && empty.has(text)) ? nothing : read(text);
  };
};
