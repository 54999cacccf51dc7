import { mergerOf, type Column, type Columns, type ColumnValues, type Decimal, type Instant, type Key, type KeyColumns, type Message, type Part, type Projection, type Recorded, type Table } from '@touchpoint/kernel';

type Neutral = 'sum' | 'or' | 'bits' | 'keys' | 'firstKeys';
/** What a JSON column with the rule `keys` or `firstKeys` holds. */
export type Entries<E = unknown> = Readonly<Record<string, Readonly<{ at: Instant }> & E>>;
type ValueOf<C extends Column> = C['merge'] extends 'keys' | 'firstKeys' ? Entries : C['type'] extends 'numeric' ? Decimal : ColumnValues[C['type']];
/** Entries to fill. Their names are given by publishers: as those of an ordinary object V8 would keep a class for each set of them. */
export const namedEntries = <E>(): Record<string, Readonly<{ at: Instant }> & E> => Object.create(null) as Record<string, Readonly<{ at: Instant }> & E>;
/** A row as its columns declare it. A column that no event spoke of yet is null, or what its rule begins with (0, false, nothing). */
export type RowOf<C extends Columns> = { readonly [N in keyof C]: C[N]['merge'] extends Neutral ? ValueOf<C[N]> : ValueOf<C[N]> | null };
type KeyOf<K extends KeyColumns> = { readonly [N in keyof K]: ColumnValues[K[N]['type']] };

/**
 * A projection with the types of its rows. A row is the merge of what each event alone says, by the columns' own rules. So the order of arrival, the split into
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

type Put<K extends KeyColumns, C extends Columns> = (key: KeyOf<K>, part: Partial<RowOf<C>>) => Part<RowOf<C>>;
type Folds<E extends Message, C extends Columns> = Pick<Projection<E, RowOf<C>>, 'on' | 'every'>;
type Spec<K extends KeyColumns, C extends Columns, E extends Message> =
  & Readonly<{ name: string; version: number; doc: string; key: K; columns: C; appendOnly?: true; folds: (put: Put<K, C>) => Folds<E, C> }>;

const joinRows = <C extends Columns>(columns: C): ReadModel<KeyColumns, C, Message>['join'] => {
  const merger = mergerOf(columns);
  return (row, part) => {
    const joined = row === undefined ? merger.empty() : { ...row };
    let same = row !== undefined;
    merger.into(joined, part, () => (same = false));
    return (same ? row : joined) as RowOf<C>;
  };
};

/** What happened, as a read model's folds are declared: `readModel<Events>()({ … })`. */
export const readModel = <E extends Message>() => <const K extends KeyColumns, const C extends Columns>({ folds, ...spec }: Spec<K, C, E>): ReadModel<K, C, E> => {
  const join = joinRows(spec.columns);
  const put: Put<K, C> = (key, part) => ({ key: key as Key, part });
  return { ...spec, join, ...folds(put) };
};

/** Nothing to fold. */
export const nothing: readonly never[] = [];
export type On<E extends Message, Row> = Table<E, [recorded: Recorded], readonly Part<Row>[]>;
