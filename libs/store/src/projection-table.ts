import { formatDecimal, parseDecimal, type ColumnType, type Decimal, type Key, type Projection } from '@touchpoint/kernel';
import { numbers, query, type Client, type Queryable } from './pool.ts';
import type { Migration } from './migrate.ts';

export type Row = Record<string, unknown>;
export type RowKey = Readonly<{ customerId: string; key: Key }>;

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const quoted = (name: string): string => `"${snake(name)}"`;

/** How a column type stands in Postgres: its type there, the type of the array it is written from, how it is cast on the way in and read on the way out. */
const TYPES: Readonly<Record<ColumnType, { sql: string; array: string; write?: (name: string) => string; read?: (name: string) => string; encode?: (value: never) => unknown; decode?: (value: never) => unknown }>> = {
  text: { sql: 'text', array: 'text[]' },
  uuid: { sql: 'uuid', array: 'uuid[]' },
  boolean: { sql: 'boolean', array: 'boolean[]' },
  integer: { sql: 'integer', array: 'integer[]' },
  bigint: { sql: 'bigint', array: 'bigint[]', read: (name) => `${name}::float8` },
  numeric: { sql: 'numeric', array: 'numeric[]', read: (name) => `${name}::text`, encode: (value: Decimal) => formatDecimal(value), decode: (value: string) => parseDecimal(value) },
  instant: { sql: 'timestamptz', array: 'float8[]', write: (name) => `to_timestamp(${name} / 1000)`, read: (name) => `(extract(epoch from ${name}) * 1000)::float8`, decode: Math.round },
  day: { sql: 'date', array: 'date[]', read: (name) => `${name}::text` },
  bytes: { sql: 'bytea', array: 'bytea[]' },
  json: { sql: 'jsonb', array: 'text[]', write: (name) => `${name}::jsonb`, encode: (value: unknown) => JSON.stringify(value) },
};

const PLAIN_NUMBER: ReadonlySet<ColumnType> = new Set(['integer', 'bigint', 'instant']);

type Named = Readonly<{ name: string; type: ColumnType }>;

/** A projection's table and the statements over it. Statements are named, so that Postgres plans them once a connection. */
export type ProjectionTable = Readonly<{
  projection: Projection;
  table: string;
  migration: Migration;
  /** A key's one text form, for maps. */
  keyOf: (row: RowKey) => string;
  load: (on: Queryable, keys: readonly RowKey[]) => Promise<ReadonlyMap<string, Row>>;
  save: (client: Client, rows: readonly Readonly<{ at: RowKey; row: Row }>[]) => Promise<void>;
}>;

/** Table, view and statements of a projection. Its rows are keyed by customer and the projection's own key columns. */
export const projectionTable = (projection: Projection): ProjectionTable => {
  const keys: readonly Named[] = Object.entries(projection.key).map(([name, { type }]) => ({ name, type }));
  const columns: readonly Named[] = Object.entries(projection.columns).map(([name, { type }]) => ({ name, type }));
  const bare = `${snake(projection.name.replaceAll('-', '_'))}_v${projection.version}`;
  const table = `profile."${bare}"`;
  const primary = ['customer_id', ...keys.map(({ name }) => quoted(name))].join(', ');
  const all: readonly Named[] = [{ name: 'customerId', type: 'uuid' }, ...keys, ...columns];
  const comment = (on: string, text: string) => `comment on ${on} is '${text.replaceAll("'", "''")}';`;

  const ddl = [
    'create schema if not exists profile;',
    `create table ${table} (customer_id uuid not null, ${[...keys.map(({ name, type }) => `${quoted(name)} ${TYPES[type].sql} not null`), ...columns.map(({ name, type }) => `${quoted(name)} ${TYPES[type].sql}`)].join(', ')}, primary key (${primary}))${projection.appendOnly ? '' : ' with (fillfactor = 80)'};`,
    comment(`table ${table}`, projection.doc),
    ...Object.entries({ ...projection.key, ...projection.columns }).map(([name, { doc }]) => comment(`column ${table}.${quoted(name)}`, doc)),
    `create or replace view profile."${snake(projection.name.replaceAll('-', '_'))}" as select * from ${table};`,
  ].join('\n');

  const insert = `insert into ${table} (${all.map(({ name }) => quoted(name)).join(', ')})
    select ${all.map(({ name, type }) => (TYPES[type].write ?? ((column: string) => column))(quoted(name))).join(', ')}
    from unnest(${all.map(({ type }, i) => `$${i + 1}::${TYPES[type].array}`).join(', ')}) as given(${all.map(({ name }) => quoted(name)).join(', ')})
    on conflict (${primary}) do ${projection.appendOnly || columns.length === 0 ? 'nothing' : `update set ${columns.map(({ name }) => `${quoted(name)} = excluded.${quoted(name)}`).join(', ')}`}`;

  const keyColumns: readonly Named[] = [{ name: 'customerId', type: 'uuid' }, ...keys];
  const select = `select ${all.map(({ name, type }) => `${(TYPES[type].read ?? ((column: string) => column))(`t.${quoted(name)}`)} as "${name}"`).join(', ')}
    from unnest(${keyColumns.map(({ type }, i) => `$${i + 1}::${TYPES[type].array}`).join(', ')}) as wanted(${keyColumns.map(({ name }) => quoted(name)).join(', ')})
    join ${table} t using (${primary})`;

  const keyOf = ({ customerId, key }: RowKey): string => keys.reduce((text, { name }) => `${text}|${key[name]}`, customerId as string);
  const arrayOf = (values: readonly unknown[], type: ColumnType): unknown => {
    if (PLAIN_NUMBER.has(type)) return numbers(values.map((value) => (value ?? 'null') as number));
    const { encode } = TYPES[type];
    return encode ? values.map((value) => (value === null || value === undefined ? null : encode(value as never))) : values.map((value) => value ?? null);
  };
  const decoded = (raw: Row): Row =>
    Object.fromEntries(columns.map(({ name, type }) => {
      const { decode } = TYPES[type];
      const value = raw[name];
      return [name, value === null || !decode ? value : decode(value as never)];
    }));

  return {
    projection,
    table,
    migration: { id: `profile.${bare}`, sql: ddl },
    keyOf,
    load: async (on, wanted) => {
      if (wanted.length === 0) return new Map();
      const rows = await query<Row>(on, select, [arrayOf(wanted.map(({ customerId }) => customerId), 'uuid'), ...keys.map(({ name, type }) => arrayOf(wanted.map(({ key }) => key[name]), type))]);
      return new Map(rows.map((raw) => [keyOf({ customerId: String(raw['customerId']), key: raw as Key }), decoded(raw)]));
    },
    save: async (client, rows) => {
      if (rows.length === 0) return;
      await client.query({
        name: `save-${bare}`,
        text: insert,
        values: [
          arrayOf(rows.map(({ at }) => at.customerId), 'uuid'),
          ...keys.map(({ name, type }) => arrayOf(rows.map(({ at }) => at.key[name]), type)),
          ...columns.map(({ name, type }) => arrayOf(rows.map(({ row }) => row[name]), type)),
        ],
      });
    },
  };
};
