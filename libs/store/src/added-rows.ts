import type { ColumnType } from '@touchpoint/kernel';
import { BinaryValues } from './binary-values.ts';
import { ARRAY_HEAD_BYTES, arrayHead, arrayOf, put, type Named } from './column-types.ts';
import { CopyRows } from './copy.ts';
import type { PackedTable } from './packed-table.ts';
import type { SavedRow } from './projection-table.ts';

/** A row of the table holds up to so many of one customer's. */
const MOST = 1_000;

const byCustomer = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

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
    for (const [customerId, begins] of [...this.#begins].sort(byCustomer))
      for (let from = 0; from < begins.length; from += MOST) this.#pack(packed, customerId, begins.slice(from, from + MOST));
    return packed;
  }

  /** An array for each column in binary form, the customers' first, in the order of the packed rows. */
  columns(): readonly Buffer[] {
    const rows = [...this.#begins].sort(byCustomer).flatMap(([customerId, begins]) => begins.map((begin) => ({ customerId, begin })));
    const at = rows.map(({ begin }) => begin);
    const { keys, shared, others } = this.#columns;
    const column = ({ type }: Named): Buffer => {
      const array = new BinaryValues(ARRAY_HEAD_BYTES + at.length * 20);
      this.#elements(array, type, at);
      return array.written;
    };
    return [arrayOf(rows.map(({ customerId }) => customerId), 'uuid'), ...[...keys, ...shared, ...others].map(column)];
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
    this.#elements(packed, type, at);
  }

  /** The values at these places as what an array is made of. */
  #elements(to: BinaryValues, type: ColumnType, at: number[]): void {
    arrayHead(to, type, at.length);
    for (let i = 0; i < at.length; i += 1) {
      const end = this.#values.after(at[i]!);
      to.append(this.#values, at[i]!, end);
      at[i] = end;
    }
  }
}
