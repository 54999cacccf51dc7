import { CopyRows } from './copy.ts';
import type { SavedRow } from './projection-table.ts';

type Place = Readonly<{ from: number; to: number }>;

/**
 * Rows for a table that is only added to. A batch adds one for each of its events, so they are kept as the bytes that are copied and not as objects. They are
 * written with each customer's rows together, in the order in which they came: an index that begins with the customer is walked once.
 */
export class AddedRows {
  readonly #rows = new CopyRows();
  readonly #places = new Map<string, Place[]>();
  /** Whose they are, in order. */
  readonly #customers: string[] = [];
  readonly #write: (to: CopyRows, row: SavedRow) => void;

  /** @param write writes a row's columns, the customer's among them */
  constructor(write: (to: CopyRows, row: SavedRow) => void) {
    this.#write = write;
  }

  get count(): number {
    return this.#customers.length;
  }

  add(row: SavedRow): void {
    const { customerId } = row.at;
    const from = this.#rows.length;
    this.#write(this.#rows, row);
    const place = { from, to: this.#rows.length };
    const theirs = this.#places.get(customerId);
    if (theirs) theirs.push(place);
    else this.#places.set(customerId, [place]);
    this.#customers.push(customerId);
  }

  /** Takes the last row back. */
  drop(): void {
    const theirs = this.#places.get(this.#customers.pop()!)!;
    this.#rows.length = theirs.pop()!.from;
  }

  ordered(): CopyRows {
    const ordered = new CopyRows(this.#rows.length + 32);
    for (const [, places] of [...this.#places].sort(([a], [b]) => (a < b ? -1 : 1))) for (const { from, to } of places) ordered.append(this.#rows, from, to);
    return ordered;
  }
}
