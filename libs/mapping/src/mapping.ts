/** A mapping document, as `schemas/mapping.schema.json` describes it: how the rows of a file become Segment messages. */
export type Mapping = Readonly<{
  $schema?: string;
  /** The data set. Its messages are `<name>/<key>`: another name is another import. */
  name: string;
  about?: string;
  format: 'csv' | 'ndjson';
  csv?: Readonly<{ delimiter?: string; header?: boolean }>;
  encoding?: string;
  columns: Readonly<Record<string, ColumnType | Column>>;
  /** What tells one event from all others: columns, or the number of the line. */
  key: readonly string[] | 'line';
  /** Rows of one key are one event. Without it each row is an event. */
  group?: Readonly<{ window?: number }>;
  /** The first whose `when` holds is what a row, or a group by its first row, becomes. */
  events: readonly EventRule[];
}>;

export type ColumnType = 'text' | 'decimal' | 'whole' | 'boolean' | 'time' | 'list';
export type Column = Readonly<{
  type: ColumnType;
  /** The name in the file where it is another, a dotted path (NDJSON), or a position from 1 (CSV). */
  from?: string | number;
  optional?: boolean;
  /** Texts that say nothing, beside the empty one. */
  empty?: readonly string[];
  /** Of a time: `iso`, `seconds`, `milliseconds`, or a pattern such as `M/D/YYYY H:mm`. */
  format?: string;
  /** Of a time that names no zone itself: UTC, +01:00 or Europe/London. */
  zone?: string;
  decimalSign?: ',' | '.';
  thousands?: string;
  true?: readonly string[];
  false?: readonly string[];
  /** Of a list: what its objects hold. */
  columns?: Readonly<Record<string, ColumnType | Column>>;
}>;

export type Scalar = string | number | boolean;
export type Condition =
  | Readonly<{ all: readonly Condition[] }>
  | Readonly<{ any: readonly Condition[] }>
  | Readonly<{ not: Condition }>
  | Readonly<{ column: string; equals?: Scalar; oneOf?: readonly Scalar[]; startsWith?: string; endsWith?: string; contains?: string; empty?: boolean; lessThan?: string | number; moreThan?: string | number }>;

/** Which of the rows of a group speaks for a column. `same`: all must say the same. */
export type Take = 'first' | 'last' | 'same' | 'earliest' | 'latest' | 'least' | 'greatest' | 'sum';
export type ColumnValue = Readonly<{ column: string; take?: Take; negate?: boolean; map?: Readonly<Record<string, Scalar>>; otherwise?: Scalar; when?: Condition }>;
/** A constant, or where the value comes from. A value that is empty is left out of the message. */
export type Value =
  | Scalar
  | ColumnValue
  | Readonly<{ text: string; when?: Condition }>
  | Readonly<{ sum: readonly string[]; negate?: boolean; when?: Condition }>
  | Readonly<{ count: 'rows'; when?: Condition }>
  | Readonly<{ each: Values; of?: string; where?: Condition; when?: Condition }>
  | Readonly<{ object: Values; when?: Condition }>
  | Readonly<{ firstOf: readonly Value[] }>;
export type Values = Readonly<Record<string, Value>>;

export type Call = 'track' | 'identify' | 'page' | 'screen' | 'group' | 'alias';
export type EventRule =
  | Readonly<{ when?: Condition; skip: true }>
  | Readonly<{
      when?: Condition;
      type: Call;
      event?: Value;
      name?: Value;
      category?: Value;
      userId?: Value;
      anonymousId?: Value;
      previousId?: Value;
      groupId?: Value;
      timestamp: Value;
      properties?: Values;
      traits?: Values;
      context?: Values;
    }>;

/** The parts of a message that a rule may fill, and those of them that are objects. */
export const TEXT_PARTS = ['event', 'name', 'category', 'userId', 'anonymousId', 'previousId', 'groupId', 'timestamp'] as const;
export const BAG_PARTS = ['properties', 'traits', 'context'] as const;

/** Groups that stay open at a time where the mapping does not say. 1: the rows of a key follow each other. */
export const DEFAULT_WINDOW = 1;

export const columnOf = (column: ColumnType | Column): Column => (typeof column === 'string' ? { type: column } : column);
