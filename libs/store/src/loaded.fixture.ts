import { parseDecimal, type ColumnType } from '@touchpoint/kernel';
import { arrayOf, TYPES } from './column-types.ts';
import { quoted } from './names.ts';
import type { Queryable } from './pool.ts';
import type { ProjectionTable, Row, RowKey } from './projection-table.ts';

/** How a column is asked for, and how what comes is read, so that a row is what it was before it was saved. */
const READ: Partial<Record<ColumnType, Readonly<{ sql?: (column: string) => string; decode?: (value: never) => unknown }>>> = {
  bigint: { sql: (column) => `${column}::float8` },
  numeric: { sql: (column) => `${column}::text`, decode: (value: string) => parseDecimal(value) },
  instant: { sql: (column) => `(extract(epoch from ${column}) * 1000)::float8`, decode: Math.round },
  day: { sql: (column) => `to_char(${column}, 'YYYY-MM-DD')` },
};

/** The rows of these keys that are there, by the key's text. */
export const loadRows = async (on: Queryable, { projection: { name, key, columns }, keyOf }: ProjectionTable, wanted: readonly RowKey[]): Promise<ReadonlyMap<string, Row>> => {
  const keys = Object.entries(key).map(([column, { type }]) => ({ column, type }));
  const all = Object.entries({ ...key, ...columns }).map(([column, { type }]) => ({ column, type }));
  const { rows } = await on.query<unknown[]>({
    text: `select t.customer_id, ${['null', ...all.map(({ column, type }) => (READ[type]?.sql ?? ((text: string) => text))(`t.${quoted(column)}`))].join(', ')}
      from unnest(${['uuid', ...keys.map(({ type }) => TYPES[type].sql)].map((type, i) => `$${i + 1}::${type}[]`).join(', ')}) as wanted(${['customer_id', ...keys.map(({ column }) => quoted(column))].join(', ')})
      join profile.${quoted(name)} t using (${['customer_id', ...keys.map(({ column }) => quoted(column))].join(', ')})`,
    values: [arrayOf(wanted.map(({ customerId }) => customerId), 'uuid'), ...keys.map(({ column, type }) => arrayOf(wanted.map((row) => row.key[column]), type))],
    rowMode: 'array',
  });
  return new Map(rows.map(([customerId, , ...values]) => {
    const read = Object.fromEntries(all.map(({ column, type }, i) => [column, values[i] === null ? null : (READ[type]?.decode ?? ((value: never) => value))(values[i] as never)]));
    return [keyOf({ customerId: customerId as string, key: Object.fromEntries(keys.map(({ column }) => [column, read[column] as string])) }), Object.fromEntries(Object.keys(columns).map((column) => [column, read[column]]))];
  }));
};
