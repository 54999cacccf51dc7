import { clearedOf, invalidMessage, mergerOf, type Key, type Merger, type Projection } from '@touchpoint/kernel';
import { AddedRows } from './added-rows.ts';
import { arrayOf, put, TYPES, type Named } from './column-types.ts';
import { copyInto, CopyRows } from './copy.ts';
import { mergedColumn } from './merge-sql.ts';
import type { Migration } from './migrate.ts';
import { quoted, snake } from './names.ts';
import { packedTable, type PackedTable } from './packed-table.ts';
import type { Client } from './pool.ts';

export type Row = Record<string, unknown>;
export type RowKey = Readonly<{ customerId: string; key: Key }>;
/** What is to be merged into a row by the columns' rules; where there is none, it becomes the row. */
export type SavedRow = Readonly<{ at: RowKey; row: Row }>;

/** What an index entry of Postgres may hold, with room: longer keys would fail their whole batch for ever. */
const MAX_KEY_BYTES = 2_000;

/** A statement's `with` query that writes what is given, from the checkpoint's `moved`. `sql`: for values from `$first` on. */
export type Effect<Given> = Readonly<{ sql: (first: number) => string; values: (given: Given) => readonly Buffer[] }>;

/** A projection's table and the statements over it. Statements are named, so that Postgres plans them once a connection. */
export type ProjectionTable = Readonly<{
  projection: Projection;
  merger: Merger;
  /** Its name with the schema, and without. */
  table: string;
  name: string;
  /** Makes the table without its key; adds the key; makes the read model's view show this table. */
  ddl: Readonly<{ table: string; key: string; view: string }>;
  /** How the rows are selected, and the view that shows those of the live table. */
  select: string;
  view: string;
  migration: Migration;
  /** A key's one text form, for maps. @throws Failure InvalidMessage for a key that no index can hold. */
  keyOf: (row: RowKey) => string;
  /** Merges rows into what is stored. Of a projection whose rows are only added, none of them is there already. */
  save: (client: Client, rows: readonly SavedRow[]) => Promise<void>;
  /** Of a projection whose rows are only added: how they are stored. */
  packed: PackedTable | undefined;
  /** Adds rows of which none is there already: of customers who have none. */
  copy: (client: Client, rows: readonly SavedRow[]) => Promise<void>;
  /** Adds rows. None is there already: repeats were told by their origin before. */
  append: (client: Client, added: AddedRows) => Promise<void>;
  /** What its personal columns hold for a customer that was erased; undefined: there are none. */
  cleared: Readonly<Row> | undefined;
  /** Clears what is personal in the rows that are stored of these customers. */
  erase: (client: Client, customerIds: readonly string[]) => Promise<void>;
  /** What `save` and `append` do, in the statement that moves the checkpoint: for a few rows. */
  saving: Effect<readonly SavedRow[]>;
  appending: Effect<AddedRows>;
}>;

const memo = (make: (first: number) => string): ((first: number) => string) => {
  const made = new Map<number, string>();
  return (first) => {
    let text = made.get(first);
    if (text === undefined) made.set(first, (text = make(first)));
    return text;
  };
};

/** Which version of each read model is shown: its view selects from that version's table, and the projector folds into it. */
const LIVE_VERSIONS = `create schema if not exists profile;
create table if not exists profile.read_model (name text primary key, version integer not null);
comment on table profile.read_model is 'Which version of a read model is live. Moved by a rebuild only.';`;

/**
 * Table, view and statements of a projection. Its rows are keyed by customer and the projection's own key columns.
 * @param suffix of a table beside the one that is live, such as the one that a rebuild folds into
 */
export const projectionTable = (projection: Projection, suffix = ''): ProjectionTable => {
  const keys: readonly Named[] = Object.entries(projection.key).map(([name, { type }]) => ({ name, type }));
  const columns: readonly Named[] = Object.entries(projection.columns).map(([name, { type }]) => ({ name, type }));
  const view = `profile.${quoted(projection.name)}`;
  const bare = `${snake(projection.name)}_v${projection.version}${suffix}`;
  const table = `profile."${bare}"`;
  const primary = ['customer_id', ...keys.map(({ name }) => quoted(name))].join(', ');
  const keyColumns: readonly Named[] = [{ name: 'customerId', type: 'uuid' }, ...keys];
  const all: readonly Named[] = [...keyColumns, ...columns];
  const packed = projection.appendOnly && packedTable(projection, table);
  const cleared = clearedOf(projection.columns);
  if (packed && cleared) throw new Error(`${projection.name} is only added to: it can hold nothing personal, which is cleared one day`);
  const comment = (on: string, text: string) => `comment on ${on} is '${text.replaceAll("'", "''")}';`;

  const select = packed ? packed.select : `select * from ${table}`;
  const ddl = {
    table: [
      packed ? `create table ${table} (${packed.ddl});` : `create table ${table} (${[
        'customer_id uuid not null',
        ...keys.map(({ name, type }) => `${quoted(name)} ${TYPES[type].sql} not null`),
        ...columns.map(({ name, type }) => `${quoted(name)} ${TYPES[type].sql}`),
      ].join(', ')}) with (fillfactor = 80);`,
      comment(`table ${table}`, projection.doc),
      ...Object.entries({ ...projection.key, ...projection.columns }).map(([name, { doc }]) => comment(`column ${table}.${quoted(name)}`, doc)),
    ].join('\n'),
    key: `alter table ${table} add primary key (${packed ? packed.primary : primary});`,
    view: `create or replace view ${view} as ${select};`,
  };
  /** A version that is not live yet is folded by a rebuild, and shown when that is done. */
  const migration = [
    LIVE_VERSIONS, ddl.table, ddl.key,
    `insert into profile.read_model (name, version) values ('${projection.name}', ${projection.version}) on conflict (name) do nothing;`,
    `do $do$ begin if (select version from profile.read_model where name = '${projection.name}') = ${projection.version} then execute $view$${ddl.view}$view$; end if; end $do$;`,
  ].join('\n');

  const given = (from: readonly Named[], first: number): string => `unnest(${from.map(({ type }, i) => `$${first + i}::${TYPES[type].sql}[]`).join(', ')})`;
  const merge = (first: number, moved = ''): string => `insert into ${table} as t (${all.map(({ name }) => quoted(name)).join(', ')})
    select v.* from ${moved}${given(all, first)} v
    on conflict (${primary}) do ${columns.length === 0 ? 'nothing' : `update set ${columns.map(({ name }) => `${quoted(name)} = ${mergedColumn(projection.columns, name)}`).join(', ')}`}`;
  const mergeAlone = merge(1);
  const valuesOf = (rows: readonly SavedRow[]): readonly Buffer[] => [
    arrayOf(rows.map(({ at }) => at.customerId), 'uuid'),
    ...keys.map(({ name, type }) => arrayOf(rows.map(({ at }) => at.key[name]), type)),
    ...columns.map(({ name, type }) => arrayOf(rows.map(({ row }) => row[name]), type)),
  ];

  const keyOf = ({ customerId, key }: RowKey): string => {
    let text: string = customerId;
    for (const { name } of keys) text += `\0${key[name]}`;
    if (text.length > MAX_KEY_BYTES / 3 && Buffer.byteLength(text) > MAX_KEY_BYTES) throw invalidMessage('STORE.KEY_TOO_LONG', `${projection.name}: ${keys.map(({ name }) => name).join(', ')}: more than a key may have`);
    return text;
  };
  const into = `${table} (${all.map(({ name }) => quoted(name)).join(', ')})`;
  const copied = (rows: readonly SavedRow[]): CopyRows => {
    const to = new CopyRows(rows.length * 128);
    for (const { at, row } of rows) {
      to.row(all.length);
      to.uuid(at.customerId);
      for (const { name, type } of keys) put(to, type, at.key[name]);
      for (const { name, type } of columns) put(to, type, row[name]);
    }
    return to;
  };
  const append = async (client: Client, added: AddedRows): Promise<void> => {
    if (packed && added.count > 0) await copyInto(client, packed.into, added.packed());
  };

  return {
    projection,
    merger: mergerOf(projection.columns),
    table,
    name: bare,
    ddl,
    select,
    view,
    migration: { id: `profile.${bare}`, sql: migration },
    keyOf,
    save: async (client, rows) => {
      if (packed) {
        const added = new AddedRows(packed);
        for (const row of rows) added.add(row);
        return append(client, added);
      }
      if (rows.length === 0) return;
      await client.query({ name: `merge-${bare}`, text: mergeAlone, values: [...valuesOf(rows)] });
    },
    copy: async (client, rows) => {
      if (rows.length > 0) await copyInto(client, into, copied(rows));
    },
    packed: packed || undefined,
    append,
    cleared,
    erase: async (client, customerIds) => {
      if (!cleared) return;
      const set = Object.entries(cleared).map(([name, value]) => `${quoted(name)} = ${value === null ? 'null' : `'${JSON.stringify(value)}'`}`);
      await client.query({ name: `erase-${bare}`, text: `update ${table} set ${set.join(', ')} where customer_id = any($1::uuid[])`, values: [arrayOf(customerIds, 'uuid')] });
    },
    saving: { sql: memo((first) => merge(first, 'moved, ')), values: valuesOf },
    appending: { sql: memo((first) => (packed ? packed.insert(first) : '')), values: (added) => added.columns() },
  };
};
