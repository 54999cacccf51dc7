import { formatDecimal, parseDecimal, toIso, type Decimal } from '@touchpoint/kernel';
import type { Cell } from './cells.ts';
import { columnSet, type ColumnSet } from './columns.ts';
import type { ColumnType, Mapping, Scalar } from './mapping.ts';

/** What is wrong with a mapping, for its author: where (a JSON pointer) and what to do about it. */
export type Issue = Readonly<{ path: string; message: string }>;
export type Plain = Exclude<ColumnType, 'list'>;

/** Where a part of a mapping stands, which columns it may name, and where to tell what is wrong with it. */
export class Scope {
  readonly path: string;
  readonly set: ColumnSet;
  /** Whether rows may be several: in a group, and not within `each`. */
  readonly many: boolean;
  readonly issues: Issue[];

  constructor(path: string, set: ColumnSet, many: boolean, issues: Issue[]) {
    this.path = path;
    this.set = set;
    this.many = many;
    this.issues = issues;
  }

  at(...parts: readonly (string | number)[]): Scope {
    return new Scope(`${this.path}${parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`, this.set, this.many, this.issues);
  }

  /** One row at a time, of these columns or of those of a list. */
  each(columns: Mapping['columns'] | undefined): Scope {
    return new Scope(this.path, columns ? columnSet(columns) : this.set, false, this.issues);
  }

  tell(message: string): void {
    this.issues.push({ path: this.path, message });
  }

  /** The slot of a plain column, or of a list; −1 after an issue was told. */
  slot(name: string, wanted: 'plain' | 'list' = 'plain'): number {
    const slot = this.set.slots.get(name) ?? -1;
    if (slot < 0) this.tell(`There is no column "${name}" here; there are ${this.set.names.join(', ')}.`);
    else if ((this.type(slot) === 'list') !== (wanted === 'list')) {
      this.tell(wanted === 'list' ? `"${name}" is no list.` : `"${name}" is a list: name it as "of" beside "each".`);
      return -1;
    }
    return slot;
  }

  type(slot: number): ColumnType {
    return this.set.columns[slot]?.type ?? 'text';
  }
}

/** How a cell of a type stands in a message: decimals as text, for a double would not hold them; times as ISO 8601. */
export const shownAs: { readonly [T in Plain]: (cell: Cell) => Scalar } = {
  text: (cell) => cell as string,
  decimal: (cell) => formatDecimal(cell as Decimal),
  whole: (cell) => cell as number,
  boolean: (cell) => cell as boolean,
  time: (cell) => toIso(cell as number),
};

/** A constant as a cell of a type, to compare with; undefined where it can be none. */
export const constantCell = (type: Plain, given: Scalar): Cell | undefined => {
  if (type === 'text') return typeof given === 'string' ? given : undefined;
  if (type === 'boolean') return typeof given === 'boolean' ? given : undefined;
  if (typeof given === 'boolean') return undefined;
  if (type === 'decimal') return parseDecimal(given);
  if (type === 'whole') return Number.isSafeInteger(Number(given)) && String(given).trim() !== '' ? Number(given) : undefined;
  const at = typeof given === 'string' && /^\d{4}-\d{2}-\d{2}T.*(?:Z|[+-]\d{2}:\d{2})$/.test(given) ? Date.parse(given) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
};

export const expectedConstant: Readonly<Record<Plain, string>> = {
  text: 'a text in quotes',
  decimal: 'a decimal of at most six places, such as "19.90"',
  whole: 'a whole number',
  boolean: 'true or false without quotes',
  time: 'an ISO 8601 time with a zone, such as "2026-01-31T00:00:00Z"',
};
