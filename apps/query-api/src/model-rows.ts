import { parseDecimal, type Columns, type ColumnType, type KeyColumns } from '@touchpoint/kernel';
import { quoted, storeFailure, type Queryable } from '@touchpoint/store';

/** What is needed of a read model to read its rows. */
type Model = Readonly<{ name: string; key: KeyColumns; columns: Columns }>;
type Row = Readonly<Record<string, unknown>>;

/** How a column stands inside a JSON row, so that nothing is lost on the way, and how it is read there. */
const TO_JSON: Partial<Record<ColumnType, (column: string) => string>> = {
  bigint: (column) => `${column}::float8`,
  numeric: (column) => `${column}::text`,
  instant: (column) => `(extract(epoch from ${column}) * 1000)::float8`,
  bytes: (column) => `encode(${column}, 'base64')`,
};
const FROM_JSON: Partial<Record<ColumnType, (value: never) => unknown>> = {
  numeric: (value: string) => parseDecimal(value),
  instant: Math.round,
  bytes: (value: string) => new Uint8Array(Buffer.from(value, 'base64')),
};

const columnsOf = (model: Model, only?: readonly string[]): readonly (readonly [name: string, type: ColumnType])[] =>
  Object.entries({ ...model.key, ...model.columns }).flatMap(([name, { type }]) => (!only || only.includes(name) ? [[name, type] as const] : []));

export type RowsWanted = Readonly<{ only?: readonly string[]; newest?: string; limit: number; join?: string }>;

/** The columns of a select over an alias `t` of the model's table, or of anything with its columns, as they stand in JSON rows. */
export const jsonColumns = (model: Model, only?: readonly string[]): string =>
  columnsOf(model, only).map(([name, type]) => `${(TO_JSON[type] ?? ((column) => column))(`t.${quoted(name)}`)} as "${name}"`).join(', ');

/** An expression that gives the rows of a model of some customers as one JSON array, with their customerId; one row more than `limit` where there are more, the `newest` first. */
export const rowsSql = (model: Model, customers: string, { only, newest, limit, join = '' }: RowsWanted): string => {
  const order = newest === undefined ? '' : `order by t.${quoted(newest)} desc nulls last`;
  return `(select coalesce(json_agg(r), '[]') from (select t.customer_id as "customerId", ${jsonColumns(model, only)}
    from profile.${quoted(model.name)} t ${join} where t.customer_id = any(${customers}) ${order} limit ${limit + 1}) r)`;
};

/** The rows as folds have them: decimals as bigint, instants as numbers, sealed values as bytes. A column that was not asked for is null. */
export const rowsFrom = <R>(model: Model, rows: readonly Row[]): readonly (R & Readonly<{ customerId: string }>)[] => {
  const decoders = Object.entries({ ...model.key, ...model.columns }).map(([name, { type }]) => [name, FROM_JSON[type]] as const);
  return rows.map((row) => {
    const decoded: Record<string, unknown> = { customerId: row['customerId'] };
    for (const [name, decode] of decoders) {
      const value = row[name] ?? null;
      decoded[name] = value === null || !decode ? value : decode(value as never);
    }
    return decoded as R & Readonly<{ customerId: string }>;
  });
};

/** A statement that Postgres plans once a connection, with one row. */
export const oneRow = async <R>(on: Queryable, name: string, text: string, values: readonly unknown[]): Promise<R> => {
  try {
    return (await on.query({ name, text, values: [...values] })).rows[0] as R;
  } catch (error) {
    throw storeFailure(error);
  }
};
