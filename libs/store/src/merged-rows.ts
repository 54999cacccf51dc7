import { ERASED, type Message, type OnReplaced, type Part, type Projection, type Recorded } from '@touchpoint/kernel';
import { AddedRows } from './added-rows.ts';
import { FIRST_VALUE, type Effects } from './checkpoint.ts';
import type { Client } from './pool.ts';
import type { Effect, ProjectionTable, Row, SavedRow } from './projection-table.ts';

/** An event to fold; `event` is decoded only where a projection subscribes to its type. */
export type Foldable = Readonly<{ recorded: Recorded; type: string; event: Message | undefined }>;

type Every = NonNullable<Projection['every']>;
type Handler = (event: Message, recorded: Recorded) => readonly Part<Row>[];
type Entry = SavedRow & Readonly<{ text: string }>;

const byText = (a: Entry, b: Entry): number => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0);

/** The types whose bodies some projection needs. */
export const subscribedTypes = (projections: readonly Projection[]): ReadonlySet<string> => new Set(projections.flatMap(({ on }) => Object.keys(on)));

/** What an event has changed so far, to be taken back when it turns out to be a poison. Its arrays only grow: emptied ones would be made anew for each event. */
class Changes {
  readonly #rows: Row[] = [];
  readonly #names: string[] = [];
  readonly #values: unknown[] = [];
  #replaced = 0;
  /** In what new rows stand, under which key. */
  readonly #made: (readonly [rows: Map<string, Entry>, text: string])[] = [];
  readonly #added: AddedRows[] = [];
  #adds = 0;

  readonly replaced: OnReplaced = (row, name, was) => {
    const at = this.#replaced;
    [this.#rows[at], this.#names[at], this.#values[at]] = [row, name, was];
    this.#replaced = at + 1;
  };

  made(rows: Map<string, Entry>, text: string): void {
    this.#made.push([rows, text]);
  }

  added(to: AddedRows): void {
    this.#added[this.#adds] = to;
    this.#adds += 1;
  }

  keep(): void {
    this.#replaced = this.#adds = 0;
    if (this.#made.length > 0) this.#made.length = 0;
  }

  takeBack(): void {
    for (let i = this.#replaced - 1; i >= 0; i -= 1) this.#rows[i]![this.#names[i]!] = this.#values[i];
    for (const [rows, text] of this.#made) rows.delete(text);
    for (let i = 0; i < this.#adds; i += 1) this.#added[i]!.drop();
    this.keep();
  }
}

/** What folds into which tables; made once, for all batches. */
export type Folding = Readonly<{
  tables: readonly ProjectionTable[];
  every: readonly Readonly<{ table: number; every: Every }>[];
  handlers: ReadonlyMap<string, readonly Readonly<{ table: number; handler: Handler }>[]>;
}>;

export const foldingInto = (tables: readonly ProjectionTable[]): Folding => {
  const handlers = new Map<string, { table: number; handler: Handler }[]>();
  for (const [table, { projection }] of tables.entries())
    for (const [type, handler] of Object.entries(projection.on as unknown as Readonly<Record<string, Handler>>)) handlers.set(type, [...(handlers.get(type) ?? []), { table, handler }]);
  return { tables, every: tables.flatMap(({ projection: { every } }, table) => (every ? [{ table, every }] : [])), handlers };
};

/** So many rows are written faster in the statement that moves the checkpoint than in a transaction that copies what is only added. */
const FEW_ROWS = 100;

/**
 * What a batch of events says of the rows of all tables, merged: one part for each row, which the table merges with what is stored, in the statement that saves.
 * No row is loaded. An event goes into all its tables or into none.
 */
export class MergedRows {
  readonly #folding: Folding;
  readonly #rows: readonly Map<string, Entry>[];
  readonly #added: readonly (AddedRows | undefined)[];
  readonly #changes = new Changes();
  /** Customers that were erased in this batch: what is stored of them is cleared before the batch is merged into it. */
  readonly #erased = new Set<string>();

  constructor(folding: Folding) {
    this.#folding = folding;
    this.#rows = folding.tables.map(() => new Map());
    this.#added = folding.tables.map(({ packed }) => packed && new AddedRows(packed));
  }

  /** @throws what a projection throws, or a key that no index can hold: the event is a poison then, and every row is as it was before. */
  add({ recorded, type, event }: Foldable): void {
    try {
      const { every } = this.#folding;
      for (let i = 0; i < every.length; i += 1) this.#merge(every[i]!.table, recorded, every[i]!.every(recorded, type) as readonly Part<Row>[]);
      const handlers = event && this.#folding.handlers.get(type);
      if (handlers) for (let i = 0; i < handlers.length; i += 1) this.#merge(handlers[i]!.table, recorded, handlers[i]!.handler(event, recorded));
      this.#changes.keep();
      if (type === ERASED) this.#erase(recorded.customerId);
    } catch (error) {
      this.#changes.takeBack();
      throw error;
    }
  }

  #merge(table: number, { customerId }: Recorded, parts: readonly Part<Row>[]): void {
    const [added, rows, { keyOf, merger }] = [this.#added[table], this.#rows[table]!, this.#folding.tables[table]!];
    for (let i = 0; i < parts.length; i += 1) {
      const { key, part } = parts[i]!;
      const at = { customerId, key };
      if (added) {
        added.add({ at, row: part });
        this.#changes.added(added);
        continue;
      }
      const text = keyOf(at);
      let entry = rows.get(text);
      if (!entry) {
        rows.set(text, (entry = { text, at, row: merger.empty() }));
        this.#changes.made(rows, text);
      }
      merger.into(entry.row, part, this.#changes.replaced);
    }
  }

  /** Clears what this batch holds of a customer. What comes behind is merged again: it was redacted at ingest, or lies under a key that is gone. */
  #erase(customerId: string): void {
    this.#erased.add(customerId);
    for (const [i, { cleared }] of this.#folding.tables.entries()) if (cleared) for (const { at, row } of this.#rows[i]!.values()) if (at.customerId === customerId) Object.assign(row, cleared);
  }

  /** The rows of a table that is not only added to, in key order: two writers that meet take their locks in one order, and an index is walked once. */
  merged(table: number): readonly SavedRow[] {
    return [...this.#rows[table]!.values()].sort(byText);
  }

  /** What was added to a table that is only added to. */
  added(table: number): AddedRows | undefined {
    return this.#added[table];
  }

  get count(): number {
    return this.#rows.reduce((sum, rows, i) => sum + (this.#added[i]?.count ?? rows.size), 0);
  }

  /** Whether `effects` will do. */
  get few(): boolean {
    return this.count <= FEW_ROWS && this.#erased.size === 0;
  }

  /** Writes them, a statement for each table. */
  async save(client: Client): Promise<void> {
    const erased = [...this.#erased];
    for (const [i, table] of this.#folding.tables.entries()) {
      if (erased.length > 0) await table.erase(client, erased);
      const added = this.#added[i];
      await (added ? table.append(client, added) : table.save(client, this.merged(i)));
    }
  }

  /** Writes them where nothing is of these customers. */
  async copy(client: Client): Promise<void> {
    for (const [i, table] of this.#folding.tables.entries()) {
      const added = this.#added[i];
      await (added ? table.append(client, added) : table.copy(client, this.merged(i)));
    }
  }

  /** What `save` does, as effects of the statement that moves the checkpoint. */
  effects(): Effects {
    const written: number[] = [];
    const parts: string[] = [];
    const values: Buffer[] = [];
    const write = <Given>(i: number, { sql, values: valuesOf }: Effect<Given>, given: Given): void => {
      written.push(i);
      parts.push(`t${i} as (${sql(FIRST_VALUE + values.length)})`);
      values.push(...valuesOf(given));
    };
    for (const [i, { saving, appending }] of this.#folding.tables.entries()) {
      const added = this.#added[i];
      if (added ? added.count > 0 : this.#rows[i]!.size > 0) added ? write(i, appending, added) : write(i, saving, this.merged(i));
    }
    return { name: `fold-${written.join('-')}`, parts, values };
  }
}
