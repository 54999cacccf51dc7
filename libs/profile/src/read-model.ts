import type { Change, Column, Columns, ColumnValues, Decimal, Instant, Key, KeyColumns, Message, Projection, Recorded, Table } from '@touchpoint/kernel';
import { joinsOf, neutral } from './merge-rule.ts';

type Neutral = 'sum' | 'or' | 'bits' | 'keys' | 'firstKeys';
/** What a JSON column with the rule `keys` or `firstKeys` holds. */
export type Entries<E = unknown> = Readonly<Record<string, Readonly<{ at: Instant }> & E>>;
type ValueOf<C extends Column> = C['merge'] extends 'keys' | 'firstKeys' ? Entries : C['type'] extends 'numeric' ? Decimal : ColumnValues[C['type']];
/** A row as its columns declare it. A column that no event spoke of yet is null, or what its rule begins with (0, false, nothing). */
export type RowOf<C extends Columns> = { readonly [N in keyof C]: C[N]['merge'] extends Neutral ? ValueOf<C[N]> : ValueOf<C[N]> | null };
type KeyOf<K extends KeyColumns> = { readonly [N in keyof K]: ColumnValues[K[N]['type']] };

/**
 * A projection whose every fold is the merge of the row with what the event alone says, by the columns' own rules. So the order of arrival, the split into
 * batches and a merge of customers can change nothing that those rules do not mind; and a writer may add parts up before it knows the row.
 */
export type ReadModel<K extends KeyColumns, C extends Columns, E extends Message> = Projection<E, RowOf<C>> & Readonly<{
  key: K;
  columns: C;
  /** The merge of two rows of one key. The same object back means that the second adds nothing. */
  join: (row: RowOf<C> | undefined, part: Partial<RowOf<C>>) => RowOf<C>;
}>;
/** A row with its key, as readers have it. */
export type FlatRow<M> = M extends ReadModel<infer K, infer C, never> ? KeyOf<K> & RowOf<C> : never;

type Put<K extends KeyColumns, C extends Columns> = (key: KeyOf<K>, part: Partial<RowOf<C>>) => Change<RowOf<C>>;
type Folds<E extends Message, C extends Columns> = Pick<Projection<E, RowOf<C>>, 'on' | 'every'>;
type Spec<K extends KeyColumns, C extends Columns, E extends Message> =
  & Readonly<{ name: string; version: number; doc: string; key: K; columns: C; appendOnly?: true; folds: (put: Put<K, C>) => Folds<E, C> }>;

const joinRows = <C extends Columns>(columns: C): ReadModel<KeyColumns, C, Message>['join'] => {
  const joins = [...joinsOf(columns)];
  const empty = Object.freeze(Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, neutral(column)])));
  return (row, part) => {
    const before: Readonly<Record<string, unknown>> = row ?? empty;
    let after: Record<string, unknown> | undefined;
    for (let i = 0; i < joins.length; i++) {
      const [name, join] = joins[i]!;
      const value = join(before, part);
      if (value !== (before[name] ?? null)) (after ??= { ...before })[name] = value;
    }
    return (after ?? before) as RowOf<C>;
  };
};

/** What happened, as a read model's folds are declared: `readModel<Events>()({ … })`. */
export const readModel = <E extends Message>() => <const K extends KeyColumns, const C extends Columns>({ folds, ...spec }: Spec<K, C, E>): ReadModel<K, C, E> => {
  const join = joinRows(spec.columns);
  const put: Put<K, C> = (key, part) => ({ key: key as Key, part, fold: (row) => join(row, part) });
  return { ...spec, join, ...folds(put) };
};

/** Nothing to fold. */
export const nothing: readonly never[] = [];
export type On<E extends Message, Row> = Table<E, [recorded: Recorded], readonly Change<Row>[]>;
