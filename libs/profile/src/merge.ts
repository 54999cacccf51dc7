import type { ReadModel, RowOf } from './read-model.ts';
import { compareValues, type Columns, type KeyColumns } from '@touchpoint/kernel';

type Row = Readonly<Record<string, unknown>>;
type Model = Pick<ReadModel<KeyColumns, Columns, never>, 'key' | 'columns'> & { readonly join: (row: never, part: never) => unknown };

/**
 * What is shown of a customer: the rows of every timeline in its set, those of one key merged by their columns' rules. The order of the rows does not
 * matter, and what comes back is in key order. Rows carry their key columns; other columns (such as whose row it was) are left out.
 */
export const merge = <R extends Row>(model: Model, rows: Iterable<R>): readonly R[] => {
  const keys = Object.keys(model.key);
  const columns = Object.keys(model.columns);
  const join = model.join as (row: RowOf<Columns> | undefined, part: Row) => RowOf<Columns>;
  const merged = new Map<string, { key: Row; row: RowOf<Columns> }>();
  for (const row of rows) {
    const key = Object.fromEntries(keys.map((name) => [name, row[name]]));
    const id = JSON.stringify(Object.values(key));
    merged.set(id, { key, row: join(merged.get(id)?.row, Object.fromEntries(columns.map((name) => [name, row[name]]))) });
  }
  const byKey = (a: Row, b: Row) => keys.reduce((order, name) => order || compareValues(a[name], b[name]), 0);
  return [...merged.values()].sort((a, b) => byKey(a.key, b.key)).map(({ key, row }) => ({ ...key, ...row }) as unknown as R);
};
