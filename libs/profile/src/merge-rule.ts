import type { Column, Columns } from '@touchpoint/kernel';
import { compareValues, jsonbText } from './compare.ts';

type Values = Readonly<Record<string, unknown>>;
type Entries = Readonly<Record<string, Readonly<{ at: number }>>>;
/** Joins one column of two rows. The same value as in `a` back means that `b` adds nothing. */
export type Join = (a: Values, b: Values) => unknown;

/** What an untouched column holds, the neutral value of its rule. */
export const neutral = ({ type, merge }: Column): unknown => {
  if (merge === 'sum') return type === 'numeric' ? 0n : 0;
  if (merge === 'or') return false;
  if (merge === 'bits') return 0;
  return merge === 'keys' || merge === 'firstKeys' ? NO_ENTRIES : null;
};
const NO_ENTRIES: Entries = Object.freeze({});

const plain = (name: string, join: (a: never, b: never) => unknown): Join => (a, b) => {
  const x = a[name] ?? null;
  const y = b[name] ?? null;
  return y === null ? x : x === null ? y : join(x as never, y as never);
};

const WORD = 2 ** 24;
/** JavaScript's own bit operators stop at 32 bits. */
const bits = (a: number, b: number): number => {
  const high = Math.floor(a / WORD) | Math.floor(b / WORD);
  return high * WORD + ((a % WORD) | (b % WORD));
};

/** The order of a column's values. Of two JSON values the one whose jsonb text is greater. */
const orderOf = ({ type }: Column): typeof compareValues =>
  type === 'json' ? (a, b) => compareValues(a === null ? null : jsonbText(a), b === null ? null : jsonbText(b)) : compareValues;

const byInstant = (name: string, column: Column, by: string, sign: 1 | -1): Join => {
  const order = orderOf(column);
  return (a, b) => {
    const x = a[name] ?? null;
    const at = b[by] ?? null;
    if (at === null) return x;
    const before = a[by] ?? null;
    const later = before === null ? 1 : sign * compareValues(at, before);
    const y = b[name] ?? null;
    return later > 0 || (later === 0 && order(y, x) > 0) ? y : x;
  };
};

const joinEntries = (sign: 1 | -1) => (a: Entries, b: Entries): Entries => {
  let joined: Record<string, unknown> | undefined;
  for (const name of Object.keys(b)) {
    const entry = b[name]!;
    const there = Object.hasOwn(a, name) ? a[name] : undefined;
    if (there) {
      const later = sign * (entry.at - there.at);
      if (later < 0 || (later === 0 && compareValues(jsonbText(entry), jsonbText(there)) <= 0)) continue;
    }
    // Defined, not assigned: publishers name traits, and `__proto__` is a name too.
    Object.defineProperty((joined ??= { ...a }), name, { value: entry, enumerable: true, configurable: true, writable: true });
  }
  return (joined as Entries | undefined) ?? a;
};

const joinOf = (name: string, column: Column): Join => {
  const { merge } = column;
  if (typeof merge === 'object') return 'latest' in merge ? byInstant(name, column, merge.latest, 1) : byInstant(name, column, merge.earliest, -1);
  switch (merge) {
    case 'sum': return plain(name, (a: number, b: number) => a + b);
    case 'min': return plain(name, (a, b) => (compareValues(b, a) < 0 ? b : a));
    case 'max': return plain(name, (a, b) => (compareValues(b, a) > 0 ? b : a));
    case 'or': return plain(name, (a: boolean, b: boolean) => a || b);
    case 'bits': return plain(name, bits);
    case 'keys': return plain(name, joinEntries(1));
    case 'firstKeys': return plain(name, joinEntries(-1));
  }
};

/** @throws Error when a column goes by another that is not there or is merged otherwise: the result would hang on the order */
export const joinsOf = (columns: Columns): ReadonlyMap<string, Join> => {
  for (const [name, { merge }] of Object.entries(columns)) {
    if (typeof merge !== 'object') continue;
    const [by, rule] = 'latest' in merge ? [merge.latest, 'max'] : [merge.earliest, 'min'];
    if (columns[by]?.merge !== rule) throw new Error(`column ${name} goes by ${by}, which must have the rule ${rule}`);
  }
  return new Map(Object.entries(columns).map(([name, column]) => [name, joinOf(name, column)]));
};
