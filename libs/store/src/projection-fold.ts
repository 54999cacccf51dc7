import { pick, type Change, type Message, type Projection, type Recorded } from '@touchpoint/kernel';
import type { ProjectionTable, Row, RowKey, SavedRow } from './projection-table.ts';

/** An event to fold; `event` is decoded only where a projection subscribes to its type. */
export type Foldable = Readonly<{ recorded: Recorded; type: string; event: Message | undefined }>;

/** `part`: only a part of the row, to be merged into what is stored; nothing was loaded for it. */
type Entry = { at: RowKey; row: Row | undefined; dirty: boolean; part: boolean };
type Touch = Readonly<{ table: number; key: string; at: RowKey; fold: Change<Row>['fold']; part: boolean }>;

/** The types whose bodies some projection needs. */
export const subscribedTypes = (projections: readonly Projection[]): ReadonlySet<string> => new Set(projections.flatMap(({ on }) => Object.keys(on)));

/** Which rows an event touches in each table. Depends on the event alone. @throws what a projection throws: the event is a poison then. */
export const touchesOf = (tables: readonly ProjectionTable[], { recorded, type, event }: Foldable): readonly Touch[] => {
  const touches: Touch[] = [];
  for (let table = 0; table < tables.length; table += 1) {
    const { projection, keyOf } = tables[table]!;
    const add = (changes: readonly Change<Row>[]) => {
      for (const { key, fold, part } of changes) {
        const at = { customerId: recorded.customerId, key };
        touches.push({ table, key: keyOf(at), at, fold, part: part !== undefined });
      }
    };
    if (projection.every) add(projection.every(recorded, type) as readonly Change<Row>[]);
    const handler = event && pick<Message, [recorded: Recorded], readonly Change<Row>[]>(projection.on as never, type);
    if (handler) add(handler(event, recorded));
  }
  return touches;
};

/**
 * The rows of a batch, in memory: loaded once, folded event by event, saved once. One event is folded into all its tables or into none. A row that a batch
 * touches only with parts is not loaded at all: the parts are merged with each other here, and with what is stored by the table, in the statement that saves.
 */
export class FoldedRows {
  readonly #rows: Map<string, Entry>[];
  readonly #tables: readonly ProjectionTable[];
  constructor(tables: readonly ProjectionTable[]) {
    this.#tables = tables;
    this.#rows = tables.map(() => new Map());
  }

  /** The keys that are touched, not here yet, and needed: those of append-only tables are not, nor those that get parts only. */
  missing(touches: Iterable<Touch>): readonly (readonly RowKey[])[] {
    const wanted = this.#tables.map(() => new Map<string, RowKey>());
    for (const { table, key, at, part } of touches)
      if (!part && !this.#tables[table]!.projection.appendOnly && !this.#rows[table]!.has(key)) wanted[table]!.set(key, at);
    return wanted.map((keys) => [...keys.values()]);
  }

  loaded(table: number, keys: readonly RowKey[], rows: ReadonlyMap<string, Row>): void {
    const { keyOf } = this.#tables[table]!;
    for (const at of keys) {
      const key = keyOf(at);
      this.#rows[table]!.set(key, { at, row: rows.get(key), dirty: false, part: false });
    }
  }

  /** Folds one event. @throws what a fold throws, with every row as it was before; Error for a row that was to be loaded and was not. */
  apply(touches: readonly Touch[]): void {
    const undo: [Entry, Row | undefined, boolean][] = [];
    try {
      for (const { table, key, at, fold, part } of touches) {
        const { projection } = this.#tables[table]!;
        let entry = this.#rows[table]!.get(key);
        if (!entry) this.#rows[table]!.set(key, (entry = { at, row: undefined, dirty: false, part: true }));
        if (entry.part && !part && !projection.appendOnly) throw new Error(`${projection.name}: a row is folded that was not loaded`);
        const row = fold(entry.row);
        if (row === entry.row) continue;
        undo.push([entry, entry.row, entry.dirty]);
        entry.row = row;
        entry.dirty = true;
      }
    } catch (error) {
      for (const [entry, row, dirty] of undo.reverse()) Object.assign(entry, { row, dirty });
      throw error;
    }
  }

  /** What changed, in key order: two writers that meet take their locks in one order. */
  changed(table: number): readonly SavedRow[] {
    return [...this.#rows[table]!]
      .filter(([, { dirty, row }]) => dirty && row)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, { at, row, part }]) => ({ at, row: row!, part }));
  }

  get size(): number {
    return this.#rows.reduce((sum, rows) => sum + rows.size, 0);
  }
}
