import type { Projection } from '@touchpoint/kernel';
import { TYPES, type Named } from './column-types.ts';
import { quoted } from './names.ts';

/**
 * How rows that are only added are stored: all that a batch adds for one customer is one row, which holds the first key, what is the same in all of the customer's rows, and
 * an array for each key and other column. A row for each event would take three times as long to write. The view gives a row for each event.
 */
export type PackedTable = Readonly<{
  keys: readonly Named[];
  shared: readonly Named[];
  others: readonly Named[];
  /** The table's columns. */
  ddl: string;
  /** The columns of its primary key. */
  primary: string;
  /** What the view selects. */
  select: string;
  /** The columns in the order in which they are copied. */
  into: string;
  /** Adds rows from `moved`, each for itself, given as an array for each column from `$first` on (`AddedRows.columns`): for so few that packing them gains nothing. */
  insert: (first: number) => string;
}>;

export const packedTable = ({ key, columns }: Projection, table: string): PackedTable => {
  const keys = Object.entries(key).map(([name, { type }]): Named => ({ name, type }));
  const of = (isShared: boolean): readonly Named[] => Object.entries(columns).filter(([, { shared = false }]) => shared === isShared).map(([column, { type }]) => ({ name: column, type }));
  const [shared, others] = [of(true), of(false)];
  const arrays = [...keys, ...others];
  const firsts = keys.map(({ name, type }): Named => ({ name: `first_${name}`, type }));
  const given: readonly Named[] = [{ name: 'customer_id', type: 'uuid' }, ...keys, ...shared, ...others];
  const list = (some: readonly Named[], of = ''): string => some.map(({ name }) => `${of}${quoted(name)}`).join(', ');
  const into = `${table} (customer_id, ${list([...firsts, ...shared, ...arrays])})`;
  return {
    keys, shared, others,
    ddl: [
      'customer_id uuid not null', ...firsts.map(({ name, type }) => `${quoted(name)} ${TYPES[type].sql} not null`),
      ...shared.map((column) => `${quoted(column.name)} ${TYPES[column.type].sql}`), ...arrays.map((column) => `${quoted(column.name)} ${TYPES[column.type].sql}[] not null`),
    ].join(', '),
    primary: `customer_id, ${list(firsts)}`,
    select: `select t.customer_id, ${[...Object.keys(key), ...Object.keys(columns)].map((column) => `${shared.some((one) => one.name === column) ? 't' : 'u'}.${quoted(column)}`).join(', ')}
      from ${table} t, unnest(${list(arrays, 't.')}) as u(${list(arrays)})`,
    into,
    insert: (first) => `insert into ${into} select customer_id, ${list([...keys, ...shared])}, ${arrays.map(({ name }) => `array[${quoted(name)}]`).join(', ')}
      from moved, unnest(${given.map(({ type }, i) => `$${first + i}::${TYPES[type].sql}[]`).join(', ')}) as v(${list(given)})`,
  };
};
