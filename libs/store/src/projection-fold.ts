import { pick, type Change, type Message, type Projection, type Recorded } from '@touchpoint/kernel';
import { AddedRows } from './added-rows.ts';
import type { Client } from './pool.ts';
import type { ProjectionTable, Row, RowKey, SavedRow } from './projection-table.ts';

/** An event to fold; `event` is decoded only where a projection subscribes to its type. */
export type Foldable = Readonly<{ recorded: Recorded; type: string; event: Message | undefined }>;

/** `part`: only a part of the row, to be merged into what is stored; nothing was loaded for it. `was`, `wasDirty`: as it was before the event `event`. */
type Entry = { key: string; at: RowKey; row: Row | undefined; dirty: boolean; part: boolean; event: number; was: Row | undefined; wasDirty: boolean };
/** `key`: empty for a row of an append-only table, which nobody looks up. */
type Touch = Readonly<{ table: number; key: string; at: RowKey; fold: Change<Row>['fold']; part: Change<Row>['part'] }>;

const newEntry = (key: string, at: RowKey, row: Row | undefined, part: boolean): Entry => ({ key, at, row, dirty: false, part, event: -1, was: undefined, wasDirty: false });

/** The types whose bodies some projection needs. */
export const subscribedTypes = (projections: readonly Projection[]): ReadonlySet<string> => new Set(projections.flatMap(({ on }) => Object.keys(on)));

/** Which rows an event touches in each table. Depends on the event alone. @throws what a projection throws: the event is a poison then. */
export const touchesOf = (tables: readonly ProjectionTable[], { recorded, type, event }: Foldable): readonly Touch[] => {
  const touches: Touch[] = [];
  for (let table = 0; table < tables.length; table += 1) {
    const { projection } = tables[table]!;
    if (projection.every) addTouches(touches, table, tables[table]!, recorded, projection.every(recorded, type) as readonly Change<Row>[]);
    const handler = event && pick<Message, [recorded: Recorded], readonly Change<Row>[]>(projection.on as never, type);
    if (handler) addTouches(touches, table, tables[table]!, recorded, handler(event, recorded));
  }
  return touches;
};
const addTouches = (touches: Touch[], table: number, { projection, keyOf }: ProjectionTable, { customerId }: Recorded, changes: readonly Change<Row>[]): void => {
  for (let i = 0; i < changes.length; i += 1) {
    const { key, fold, part } = changes[i]!;
    const at = { customerId, key };
    touches.push({ table, key: projection.appendOnly ? '' : keyOf(at), at, fold, part });
  }
};

const byKey = (a: Entry, b: Entry): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/**
 * The rows of a batch, in memory: loaded once, folded event by event, saved once. One event is folded into all its tables or into none. A row that a batch
 * touches only with parts is not loaded at all: the parts are merged with each other here, and with what is stored by the table, in the statement that saves.
 */
export class FoldedRows {
  readonly #rows: Map<string, Entry>[];
  readonly #added: readonly (AddedRows | undefined)[];
  readonly #tables: readonly ProjectionTable[];
  /** Counts the events. */
  #event = 0;

  constructor(tables: readonly ProjectionTable[]) {
    this.#tables = tables;
    this.#rows = tables.map(() => new Map());
    this.#added = tables.map(({ packed }) => packed && new AddedRows(packed));
  }

  /** The keys that are touched, not here yet, and needed: those of append-only tables are not, nor those that get parts only. */
  missing(events: Iterable<Readonly<{ touches: readonly Touch[] }>>): readonly (readonly RowKey[])[] {
    const wanted = this.#tables.map(() => new Map<string, RowKey>());
    for (const { touches } of events)
      for (const { table, key, at, part } of touches)
        if (!part && !this.#added[table] && !this.#rows[table]!.has(key)) wanted[table]!.set(key, at);
    return wanted.map((keys) => [...keys.values()]);
  }

  loaded(table: number, keys: readonly RowKey[], rows: ReadonlyMap<string, Row>): void {
    const { keyOf } = this.#tables[table]!;
    for (const at of keys) {
      const key = keyOf(at);
      this.#rows[table]!.set(key, newEntry(key, at, rows.get(key), false));
    }
  }

  /** Folds one event. @throws what a fold throws, with every row as it was before; Error for a row that was to be loaded and was not. */
  apply(touches: readonly Touch[]): void {
    this.#event += 1;
    let done = 0;
    try {
      for (; done < touches.length; done += 1) this.#apply(touches[done]!);
    } catch (error) {
      while (done > 0) this.#takeBack(touches[(done -= 1)]!);
      throw error;
    }
  }

  #apply(touch: Touch): void {
    const { at, fold } = touch;
    const added = this.#added[touch.table];
    if (added) return added.add({ at, row: touch.part ?? fold(undefined) });
    const entry = this.#entryOf(touch);
    const row = fold(entry.row);
    if (row === entry.row) return;
    if (entry.event !== this.#event) [entry.event, entry.was, entry.wasDirty] = [this.#event, entry.row, entry.dirty];
    [entry.row, entry.dirty] = [row, true];
  }

  /** Makes a row what it was before the event. */
  #takeBack({ table, key }: Touch): void {
    const added = this.#added[table];
    if (added) return added.drop();
    const entry = this.#rows[table]!.get(key)!;
    if (entry.event === this.#event) [entry.event, entry.row, entry.dirty] = [-1, entry.was, entry.wasDirty];
  }

  #entryOf({ table, key, at, part }: Touch): Entry {
    const known = this.#rows[table]!.get(key);
    if (known && (part || !known.part)) return known;
    if (!part) throw new Error(`${this.#tables[table]!.projection.name}: a row is folded that was not loaded`);
    const entry = newEntry(key, at, undefined, true);
    this.#rows[table]!.set(key, entry);
    return entry;
  }

  /** What changed of a table that is not only added to, in key order: two writers that meet take their locks in one order, and an index is walked once. */
  changed(table: number): readonly SavedRow[] {
    const dirty: Entry[] = [];
    for (const entry of this.#rows[table]!.values()) if (entry.dirty && entry.row) dirty.push(entry);
    return dirty.sort(byKey) as readonly Entry[] as readonly (Entry & { row: Row })[];
  }

  /** What was added to a table that is only added to. */
  added(table: number): AddedRows | undefined {
    return this.#added[table];
  }

  /** Writes what changed and what was added. @returns how many rows. */
  async save(client: Client): Promise<number> {
    let count = 0;
    for (const [i, table] of this.#tables.entries()) {
      const [changed, added] = [this.changed(i), this.#added[i]];
      await table.save(client, changed);
      if (added) await table.append(client, added);
      count += changed.length + (added?.count ?? 0);
    }
    return count;
  }

  get size(): number {
    return this.#tables.reduce((sum, _, table) => sum + this.#rows[table]!.size + (this.#added[table]?.count ?? 0), 0);
  }
}
