import type { ColumnType, Decimal } from '@touchpoint/kernel';
import { BinaryValues } from './binary-values.ts';

/** How a column type stands in Postgres: its type there and the type of an array of it, how a value is written in binary form. */
export type TypeInSql = Readonly<{
  sql: string;
  /** Postgres' number of the type, which an array of it names. */
  oid: number;
  put: (to: BinaryValues, value: never) => void;
}>;

/** A column. */
export type Named = Readonly<{ name: string; type: ColumnType }>;

/** Escapes that jsonb refuses: a zero character, half a surrogate pair. They stand behind an even number of backslashes. */
const REFUSED = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g;
const jsonText = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text.includes('\\u') ? text.replace(REFUSED, '$1\\ufffd') : text;
};

export const TYPES: Readonly<Record<ColumnType, TypeInSql>> = {
  text: { sql: 'text', oid: 25, put: (to, value: string) => to.text(value) },
  uuid: { sql: 'uuid', oid: 2950, put: (to, value: string) => to.uuid(value) },
  boolean: { sql: 'boolean', oid: 16, put: (to, value: boolean) => to.boolean(value) },
  integer: { sql: 'integer', oid: 23, put: (to, value: number) => to.integer(value) },
  bigint: { sql: 'bigint', oid: 20, put: (to, value: number) => to.bigint(value) },
  numeric: { sql: 'numeric', oid: 1700, put: (to, value: Decimal) => to.numeric(value) },
  instant: { sql: 'timestamptz', oid: 1184, put: (to, value: number) => to.instant(value) },
  day: { sql: 'date', oid: 1082, put: (to, value: string) => to.day(value) },
  bytes: { sql: 'bytea', oid: 17, put: (to, value: Uint8Array) => to.bytes(value) },
  json: { sql: 'jsonb', oid: 3802, put: (to, value: unknown) => to.json(jsonText(value)) },
};

/** Writes a value of a type; null and undefined as null. */
export const put = (to: BinaryValues, type: ColumnType, value: unknown): void => (value === null || value === undefined ? to.null() : TYPES[type].put(to, value as never));

export const ARRAY_HEAD_BYTES = 20;
/** What stands before the elements: dimensions, whether there are nulls, the elements' type, how many they are, the first one's index. */
export const arrayHead = (to: BinaryValues, type: ColumnType, count: number): void => {
  for (const part of [1, 1, TYPES[type].oid, count, 1]) to.int32(part);
};

/** An array as a statement's value, in binary form: `pg` would make text of each element, and Postgres parse it. */
export const arrayOf = (values: readonly unknown[], type: ColumnType): Buffer => {
  const to = new BinaryValues( ARRAY_HEAD_BYTES + values.length * ELEMENT_BYTES);
  arrayHead(to, type, values.length);
  for (let i = 0; i < values.length; i += 1) put(to, type, values[i]);
  return to.written;
};
/** What one takes, about. */
const ELEMENT_BYTES = 20;
