import { pick, type Change, type Message, type Projection, type Recorded } from '@touchpoint/kernel';
import type { ProjectionTable, Row, RowKey, SavedRow } from './projection-table.ts';

/** An event to fold; `event` is decoded only where a projection subscribes to its type. */
export type Foldable = Readonly<{ recorded: Recorded; type: string; event: Message | undefined }>;

/** `part`: only a part of the row, to be merged into what is stored; nothing was loaded for it. */
type Entry = { key: string; at: RowKey; row: Row | undefined; dirty: boolean; part: boolean };
type Touch = Readonly<{ table: number; key: string; at: RowKey; fold: Change<Row>['fold']; part: boolean }>;
/** What an event changed so far, to take it back. */
type Undo = { entry: Entry; row: Row | undefined; dirty: boolean };

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

const byKey = (a: Entry, b: Entry): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/**
 * The rows of a batch, in memory: loaded once, folded event by event, saved once. One event is folded into all its tables or into none. A row that a batch
 * touches only with parts is not loaded at all: the parts are merged with each other here, and with what is stored by the table, in the statement that saves.
 */
export class FoldedRows {
  readonly #rows: Map<string, Entry>[];
  /** Rows of append-only tables: no two events share one. */
  readonly #added: Entry[][];
  readonly #tables: readonly ProjectionTable[];
  constructor(tables: readonly ProjectionTable[]) {
    this.#tables = tables;
    this.#rows = tables.map(() => new Map());
    this.#added = tables.map(() => []);
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
      this.#rows[table]!.set(key, { key, at, row: rows.get(key), dirty: false, part: false });
    }
  }

  /** Folds one event. @throws what a fold throws, with every row as it was before; Error for a row that was to be loaded and was not. */
  apply(touches: readonly Touch[]): void {
    const undo: Undo[] = [];
    try {
      for (const touch of touches) {
        const entry = this.#entryOf(touch);
        const row = touch.fold(entry.row);
        if (row === entry.row) continue;
        undo.push({ entry, row: entry.row, dirty: entry.dirty });
        entry.row = row;
        entry.dirty = true;
      }
    } catch (error) {
      for (const { entry, row, dirty } of undo.reverse()) Object.assign(entry, { row, dirty });
      throw error;
    }
  }

  #entryOf({ table, key, at, part }: Touch): Entry {
    const { projection } = this.#tables[table]!;
    if (projection.appendOnly) {
      const added: Entry = { key, at, row: undefined, dirty: false, part: false };
      this.#added[table]!.push(added);
      return added;
    }
    const known = this.#rows[table]!.get(key);
    if (known && (part || !known.part)) return known;
    if (!part) throw new Error(`${projection.name}: a row is folded that was not loaded`);
    const entry: Entry = { key, at, row: undefined, dirty: false, part: true };
    this.#rows[table]!.set(key, entry);
    return entry;
  }

  /** What changed, in key order: two writers that meet take their locks in one order, and an index is walked once. */
  changed(table: number): readonly SavedRow[] {
    const entries = this.#tables[table]!.projection.appendOnly ? this.#added[table]! : this.#rows[table]!.values();
    const dirty: Entry[] = [];
    for (const entry of entries) if (entry.dirty && entry.row) dirty.push(entry);
    return dirty.sort(byKey) as readonly Entry[] as readonly (Entry & { row: Row })[];
  }

  get size(): number {
    return this.#tables.reduce((sum, _, table) => sum + this.#rows[table]!.size + this.#added[table]!.length, 0);
  }
}
