import { formatDecimal, parseDecimal, type ColumnType, type Decimal } from '@touchpoint/kernel';
import type { CopyRows } from './copy.ts';

/**
 * How a column type stands in Postgres: its type there, the type of the array it is written from, how it is cast on the way in and read on the way out.
 * `element` gives a value's text inside an array literal.
 */
export type TypeInSql = Readonly<{
  sql: string;
  array: string;
  write?: (column: string) => string;
  read?: (column: string) => string;
  element: (value: never) => string;
  decode?: (value: never) => unknown;
  /** Writes a value in binary form; types without it are not for append-only tables. */
  copy?: (to: CopyRows, value: never) => void;
}>;

const plain = (value: string | number): string => `${value}`;

const SPECIAL = /["\\\0]/;
const escaped = (text: string): string =>
  `"${text.replace(/["\\]/g, '\\$&')}"`;
/** Postgres' text holds no zero character. Ingest refuses them; one that came another way must not keep a partition from going on. */
const quoted = (text: string): string => (SPECIAL.test(text) ? escaped(text.replaceAll('\0', '\uFFFD')) : `"${text}"`);

/** Escapes that jsonb refuses: a zero character, half a surrogate pair. They stand behind an even number of backslashes. */
const REFUSED = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g;
const jsonText = (value: unknown): string => {
  const text = JSON.stringify(value);
  return escaped(text.includes('\\u') ? text.replace(REFUSED, '$1\\ufffd') : text);
};

export const TYPES: Readonly<Record<ColumnType, TypeInSql>> = {
  text: { sql: 'text', array: 'text[]', element: quoted, copy: (to, value: string) => to.text(value) },
  uuid: { sql: 'uuid', array: 'uuid[]', element: plain, copy: (to, value: string) => to.uuid(value) },
  boolean: { sql: 'boolean', array: 'boolean[]', element: (value: boolean) => (value ? 't' : 'f'), copy: (to, value: boolean) => to.boolean(value) },
  integer: { sql: 'integer', array: 'integer[]', element: plain, copy: (to, value: number) => to.integer(value) },
  bigint: { sql: 'bigint', array: 'bigint[]', read: (column) => `${column}::float8`, element: plain, copy: (to, value: number) => to.bigint(value) },
  numeric: { sql: 'numeric', array: 'numeric[]', read: (column) => `${column}::text`, element: (value: Decimal) => formatDecimal(value), decode: (value: string) => parseDecimal(value) },
  instant: { sql: 'timestamptz', array: 'float8[]', write: (column) => `to_timestamp(${column} / 1000)`, read: (column) => `(extract(epoch from ${column}) * 1000)::float8`, element: plain, decode: Math.round, copy: (to, value: number) => to.instant(value) },
  day: { sql: 'date', array: 'date[]', read: (column) => `to_char(${column}, 'YYYY-MM-DD')`, element: plain, copy: (to, value: string) => to.day(value) },
  bytes: { sql: 'bytea', array: 'bytea[]', element: (value: Uint8Array) => `"\\\\x${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')}"` },
  json: { sql: 'jsonb', array: 'text[]', write: (column) => `${column}::jsonb`, element: jsonText },
};

/** An array literal. `pg` makes one too, but asks each value what it is and escapes it twice. */
export const arrayOf = (values: readonly unknown[], type: ColumnType): string => {
  const { element } = TYPES[type] as unknown as { element: (value: unknown) => string };
  let text = '{';
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i];
    if (i > 0) text += ',';
    text += value === null || value === undefined ? 'NULL' : element(value);
  }
  return `${text}}`;
};
