import { BinaryValues } from './binary-values.ts';
import { ARRAY_HEAD_BYTES, arrayHead, put, type Named } from './column-types.ts';
import { CopyRows } from './copy.ts';
import type { PackedTable } from './packed-table.ts';
import type { SavedRow } from './projection-table.ts';

/** A row of the table holds up to so many of one customer's. */
const MOST = 1_000;

type Columns = Pick<PackedTable, 'keys' | 'shared' | 'others'>;

/** Rows for a table that is only added to. A batch adds one for each of its events, so they are kept as the bytes that are copied and not as objects. */
export class AddedRows {
  /** The values of each row behind each other, in the order keys, shared, others. */
  readonly #values = new BinaryValues(4 * 1024);
  readonly #begins = new Map<string, number[]>();
  /** Whose they are, in order. */
  readonly #customers: string[] = [];
  readonly #columns: Columns;

  constructor(columns: Columns) {
    this.#columns = columns;
  }

  get count(): number {
    return this.#customers.length;
  }

  add({ at: { customerId, key }, row }: SavedRow): void {
    const begin = this.#values.length;
    const { keys, shared, others } = this.#columns;
    try {
      for (const { name, type } of keys) put(this.#values, type, key[name]);
      for (const { name, type } of shared) put(this.#values, type, row[name]);
      for (const { name, type } of others) put(this.#values, type, row[name]);
    } catch (error) {
      this.#values.length = begin;
      throw error;
    }
    const theirs = this.#begins.get(customerId);
    if (theirs) theirs.push(begin);
    else this.#begins.set(customerId, [begin]);
    this.#customers.push(customerId);
  }

  /** Takes the last row back. */
  drop(): void {
    this.#values.length = this.#begins.get(this.#customers.pop()!)!.pop()!;
  }

  /** In order of the index, so that it is walked once. */
  packed(): CopyRows {
    const packed = new CopyRows(this.#values.length + this.#begins.size * ARRAY_HEAD_BYTES * 4);
    for (const [customerId, begins] of [...this.#begins].sort(([a], [b]) => (a < b ? -1 : 1)))
      for (let from = 0; from < begins.length; from += MOST) this.#pack(packed, customerId, begins.slice(from, from + MOST));
    return packed;
  }

  /** @param at where each row begins; moved along its values */
  #pack(packed: CopyRows, customerId: string, at: number[]): void {
    const { keys, shared, others } = this.#columns;
    packed.row(1 + 2 * keys.length + shared.length + others.length);
    packed.uuid(customerId);
    const keysAt = [...at];
    for (let i = 0; i < keys.length + shared.length; i += 1) this.#first(packed, at);
    for (const column of keys) this.#array(packed, column, keysAt);
    for (const column of others) this.#array(packed, column, at);
  }

  /** The first row's value alone. */
  #first(packed: CopyRows, at: number[]): void {
    packed.append(this.#values, at[0]!, this.#values.after(at[0]!));
    for (let i = 0; i < at.length; i += 1) at[i] = this.#values.after(at[i]!);
  }

  #array(packed: CopyRows, { type }: Named, at: number[]): void {
    let size = ARRAY_HEAD_BYTES;
    for (let i = 0; i < at.length; i += 1) size += this.#values.after(at[i]!) - at[i]!;
    packed.int32(size);
    arrayHead(packed, type, at.length);
    for (let i = 0; i < at.length; i += 1) {
      const end = this.#values.after(at[i]!);
      packed.append(this.#values, at[i]!, end);
      at[i] = end;
    }
  }
}
