import type { Message, Table } from './message.ts';
import type { Recorded } from './recorded.ts';

/** Column types a read model may have, and the TypeScript value that each holds. */
export type ColumnValues = {
  text: string;
  uuid: string;
  boolean: boolean;
  integer: number;
  bigint: number;
  numeric: bigint;
  instant: number;
  day: string;
  bytes: Uint8Array;
  json: unknown;
};
export type ColumnType = keyof ColumnValues;

/**
 * How the parts of a merged customer become one value; each rule is commutative and associative. null says nothing and loses to any value.
 * - `sum` `min` `max` `or`; `bits`: a set of up to 53 flags in a bigint, joined bit by bit.
 * - `latest` `earliest` go by the instant (or bigint) column that they name, which has the rule `max` or `min` itself. A part whose `by` is null says
 *   nothing; otherwise the value of the part with the greater (smaller) `by` counts, null too. Ties: the greater value, null being the least.
 * - `keys` joins JSON objects of `{ at, … }` entries key by key, the entry with the greater `at` counts; `firstKeys`: the one with the smaller `at`.
 *   Ties: the entry whose jsonb text is greater.
 * Greater means: by number, false before true, text and bytes by their bytes in UTF-8 (collation "C").
 */
export type MergeRule = 'sum' | 'min' | 'max' | 'or' | 'bits' | 'keys' | 'firstKeys' | Readonly<{ latest: string }> | Readonly<{ earliest: string }>;
/** `personal`: it holds sealed values or what goes with them, and is cleared in all rows of a customer that is erased (`ERASED`). */
export type Column = Readonly<{ type: ColumnType; merge: MergeRule; doc: string; personal?: true; /** Of a table that is only added to: the same in all rows of a customer. */ shared?: true }>;
export type Columns = Readonly<Record<string, Column>>;
export type KeyColumns = Readonly<Record<string, Readonly<{ type: ColumnType; doc: string }>>>;

export type Key = Readonly<Record<string, string | number>>;
/**
 * What an event says of one row: of which one (beside the customer), and what, by column. It is merged into the row by the columns' rules, so it may be added up with
 * other parts before the row is known. A column that is not named is not spoken of.
 */
export type Part<Row> = Readonly<{ key: Key; part: Partial<Row> }>;

/**
 * A read model as data: table, key, columns with their merge rule, one pure function per event type. `Object.keys(on)` is the
 * subscription list. `every` runs for each touchpoint without its body being decoded. A row is merged from one timeline only.
 */
export type Projection<E extends Message = Message, Row = Record<string, unknown>> = Readonly<{
  name: string;
  /** Raised with any change of what it folds to: a new version has its own tables and checkpoint. */
  version: number;
  doc: string;
  key: KeyColumns;
  columns: Columns;
  on: Table<E, [recorded: Recorded], readonly Part<Row>[]>;
  every?: (recorded: Recorded, type: string) => readonly Part<Row>[];
  /** A row has one part only: rows are added and never merged. */
  appendOnly?: true;
}>;
