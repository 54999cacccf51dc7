import { compareValues, jsonbText } from './compare.ts';
import type { Column, Columns } from './projection.ts';

type Values = Readonly<Record<string, unknown>>;
type Row = Record<string, unknown>;
type Entries = Readonly<Record<string, Readonly<{ at: number }>>>;

/** What an untouched column holds, the neutral value of its rule. */
const neutral = ({ type, merge }: Column): unknown => {
  if (merge === 'sum') return type === 'numeric' ? 0n : 0;
  if (merge === 'or') return false;
  if (merge === 'bits') return 0;
  return merge === 'keys' || merge === 'firstKeys' ? NO_ENTRIES : null;
};
const NO_ENTRIES: Entries = Object.freeze({});

/** What the personal columns of a row hold once its customer was erased; undefined: there are none. */
export const clearedOf = (columns: Columns): Values | undefined => {
  const cleared = Object.entries(columns).filter(([, { personal }]) => personal).map(([name, column]) => [name, neutral(column)] as const);
  return cleared.length > 0 ? Object.fromEntries(cleared) : undefined;
};

const WORD = 2 ** 24;
/** JavaScript's own bit operators stop at 32 bits. */
const bits = (a: number, b: number): number => {
  const high = Math.floor(a / WORD) | Math.floor(b / WORD);
  return high * WORD + ((a % WORD) | (b % WORD));
};

const joinEntries = (sign: 1 | -1) => (a: Entries, b: Entries): Entries => {
  let joined: Row | undefined;
  for (const name of Object.keys(b)) {
    const entry = b[name]!;
    const there = Object.hasOwn(a, name) ? a[name] : undefined;
    if (there) {
      const later = sign * (entry.at - there.at);
      if (later < 0 || (later === 0 && compareValues(jsonbText(entry), jsonbText(there)) <= 0)) continue;
    }
    // Without a prototype: publishers name traits, and `__proto__` is a name too.
    (joined ??= Object.assign(Object.create(null) as Row, a))[name] = entry;
  }
  return (joined as Entries | undefined) ?? a;
};

/** Joins two values, neither of them null. `mine` back means that `theirs` adds nothing. */
type Join = (mine: unknown, theirs: unknown) => unknown;
const joinOf = (merge: Exclude<Column['merge'], object>): Join => {
  const join = ((): ((a: never, b: never) => unknown) => {
    switch (merge) {
      case 'sum': return (a: number, b: number) => a + b;
      case 'min': return (a, b) => (compareValues(b, a) < 0 ? b : a);
      case 'max': return (a, b) => (compareValues(b, a) > 0 ? b : a);
      case 'or': return (a: boolean, b: boolean) => a || b;
      case 'bits': return bits;
      case 'keys': return joinEntries(1);
      case 'firstKeys': return joinEntries(-1);
    }
  })();
  return join as Join;
};

/** A column that goes by another one, and the order of its values. Of two JSON values the one whose jsonb text is greater. */
type Follower = Readonly<{ name: string; order: typeof compareValues }>;
const followerOf = (name: string, { type }: Column): Follower => ({
  name,
  order: type === 'json' ? (a, b) => compareValues(a === null ? null : jsonbText(a), b === null ? null : jsonbText(b)) : compareValues,
});
/** @param sign 1: the later value counts, -1: the earlier */
type Rule = Readonly<{ join: Join; followers: readonly Follower[]; sign: 1 | -1 }>;

/** The rules of the columns that go by no other. @throws Error when a column goes by another that is not there or is merged otherwise: the result would hang on the order */
const rulesOf = (columns: Columns): ReadonlyMap<string, Rule> => {
  const all = Object.entries(columns);
  const byOf = ({ merge }: Column): string | undefined => (typeof merge !== 'object' ? undefined : 'latest' in merge ? merge.latest : merge.earliest);
  for (const [name, column] of all) {
    const by = byOf(column);
    const rule = typeof column.merge === 'object' && 'latest' in column.merge ? 'max' : 'min';
    if (by !== undefined && columns[by]?.merge !== rule) throw new Error(`column ${name} goes by ${by}, which must have the rule ${rule}`);
  }
  return new Map(all.flatMap(([name, { merge }]): readonly (readonly [string, Rule])[] => {
    if (typeof merge === 'object') return [];
    const followers = all.filter(([, column]) => byOf(column) === name).map(([follower, column]) => followerOf(follower, column));
    return [[name, { join: joinOf(merge), followers, sign: merge === 'min' ? -1 : 1 }]];
  }));
};

/** Is told of each value before it is replaced. */
export type OnReplaced = (row: Row, name: string, was: unknown) => void;

/** The merge rules of a table's columns at work. */
export type Merger = Readonly<{
  /** What a row is before anything was said of it. */
  empty: () => Row;
  /** Merges a part into a row, in place; a column that the part does not name is not spoken of. */
  into: (row: Row, part: Values, onReplaced: OnReplaced) => void;
}>;

/** @throws Error when a rule's result would hang on the order of the parts */
export const mergerOf = (columns: Columns): Merger => {
  const rules = rulesOf(columns);
  const nothing = Object.freeze(Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, neutral(column)])));
  return {
    empty: () => ({ ...nothing }),
    into: (row, part, onReplaced) => {
      for (const name in part) {
        const rule = rules.get(name);
        const theirs = part[name] ?? null;
        if (!rule || theirs === null) continue;
        const mine = row[name];
        if (rule.followers.length > 0) {
          const later = mine === null ? 1 : rule.sign * compareValues(theirs, mine);
          if (later >= 0) follow(row, part, rule.followers, later > 0, onReplaced);
        }
        const value = mine === null ? theirs : rule.join(mine, theirs);
        if (value === mine) continue;
        onReplaced(row, name, mine);
        row[name] = value;
      }
    },
  };
};

/** Gives the values that go by one that is not before the row's own. At the same one the greater counts. */
const follow = (row: Row, part: Values, followers: readonly Follower[], later: boolean, onReplaced: OnReplaced): void => {
  for (let i = 0; i < followers.length; i += 1) {
    const { name, order } = followers[i]!;
    const value = part[name] ?? null;
    const mine = row[name];
    if (value === mine || !(later || order(value, mine) > 0)) continue;
    onReplaced(row, name, mine);
    row[name] = value;
  }
};
