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
 * How the parts of a merged customer become one value; each rule is commutative and associative.
 * `sum` `min` `max` `or`; `latest` and `earliest` go by the instant column named in `by` (ties: the greater value);
 * `keys` joins JSON objects of `{ at, … }` entries key by key, the entry with the greater `at` wins.
 */
export type MergeRule = 'sum' | 'min' | 'max' | 'or' | 'keys' | Readonly<{ latest: string }> | Readonly<{ earliest: string }>;
export type Column = Readonly<{ type: ColumnType; merge: MergeRule; doc: string; personal?: true }>;
export type Columns = Readonly<Record<string, Column>>;
export type KeyColumns = Readonly<Record<string, Readonly<{ type: ColumnType; doc: string }>>>;

export type Key = Readonly<Record<string, string | number>>;
/** One row an event touches: which one (beside the customer), and what it becomes. The same object back means no change. */
export type Change<Row> = Readonly<{ key: Key; fold: (row: Row | undefined) => Row }>;

/**
 * A read model as data: table, key, columns with their merge rule, one pure function per event type. `Object.keys(on)` is the
 * subscription list. `every` runs for each touchpoint without its body being decoded. A row is folded from one timeline only.
 */
export type Projection<E extends Message = Message, Row = Record<string, unknown>> = Readonly<{
  name: string;
  /** Raised with any change of what it folds to: a new version has its own tables and checkpoint. */
  version: number;
  doc: string;
  key: KeyColumns;
  columns: Columns;
  on: Table<E, [recorded: Recorded], readonly Change<Row>[]>;
  every?: (recorded: Recorded, type: string) => readonly Change<Row>[];
  /** Rows are only ever added, never read back by a fold: no row is loaded. */
  appendOnly?: true;
}>;

export const change = <Row>(key: Key, fold: (row: Row | undefined) => Row): readonly Change<Row>[] => [{ key, fold }];
