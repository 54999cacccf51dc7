import type { Row } from './cells.ts';
import type { Lines, RejectCode } from './item.ts';

/** Rows of one key. With a `fault` the rows are gone: no event is made of it. */
export type Group = Readonly<{ key: string; rows: readonly Row[]; lines: Lines; fault: GroupFault | null }>;
export type GroupFault = Readonly<{ code: RejectCode; reason: string }>;

type OpenGroup = { key: string; rows: Row[]; first: number; last: number; count: number; size: number; fault: GroupFault | null };

export type WindowLimits = Readonly<{ open: number; rows: number; size: number; total: number }>;
/** Rows and characters of one group, and characters of all that are open: what an import holds in memory. */
export const WINDOW_LIMITS = { rows: 10_000, size: 4_000_000, total: 48_000_000 };

/**
 * Holds the groups that may still get rows. A group is closed when `open` other keys have come since its last row; then it is whole, or its later rows are
 * told as returned. What is closed when depends on the rows alone.
 */
export class GroupWindow {
  readonly #limits: WindowLimits;
  /** In the order of their last rows. */
  readonly #open = new Map<string, OpenGroup>();
  #last: OpenGroup | undefined;
  #size = 0;

  constructor(limits: WindowLimits) {
    this.#limits = limits;
  }

  has(key: string): boolean {
    return this.#last?.key === key || this.#open.has(key);
  }

  /** Adds a row to its group. @returns the groups that are closed by it */
  add(key: string, row: Row, line: number, size: number): readonly Group[] {
    const group = this.#touch(key, line);
    group.last = line;
    group.count++;
    if (!group.fault) this.#hold(group, row, size);
    return this.#closed(group);
  }

  /** Marks the group as one that no event is made of. @returns the groups that are closed by it: a key may be known by a bad row first */
  spoil(key: string, line: number, fault: GroupFault): readonly Group[] {
    const group = this.#touch(key, line);
    this.#drop(group, fault);
    return this.#closed(group);
  }

  /** The key of the last row. */
  get lastKey(): string | undefined {
    return this.#last?.key;
  }

  end(): readonly Group[] {
    const groups = [...this.#open.values()].map(closedGroup);
    this.#open.clear();
    this.#last = undefined;
    this.#size = 0;
    return groups;
  }

  #touch(key: string, line: number): OpenGroup {
    if (this.#last?.key === key) return this.#last;
    const group = this.#open.get(key) ?? { key, rows: [], first: line, last: line, count: 0, size: 0, fault: null };
    this.#open.delete(key);
    this.#open.set(key, group);
    this.#last = group;
    return group;
  }

  #hold(group: OpenGroup, row: Row, size: number): void {
    group.rows.push(row);
    group.size += size;
    this.#size += size;
    const { rows, size: most } = this.#limits;
    if (group.rows.length > rows || group.size > most) this.#drop(group, { code: 'MAPPING.GROUP_TOO_LARGE', reason: `The group has more than ${rows} rows or ${most} characters.` });
  }

  #drop(group: OpenGroup, fault: GroupFault): void {
    group.fault ??= fault;
    group.rows = [];
    this.#size -= group.size;
    group.size = 0;
  }

  #closed(current: OpenGroup): readonly Group[] {
    if (this.#open.size <= this.#limits.open && this.#size <= this.#limits.total) return NONE;
    const closed: Group[] = [];
    for (const [key, group] of this.#open) {
      if (group === current || (this.#open.size <= this.#limits.open && this.#size <= this.#limits.total)) break;
      this.#open.delete(key);
      this.#size -= group.size;
      closed.push(closedGroup(group));
    }
    return closed;
  }
}

const NONE: readonly Group[] = [];
const closedGroup = ({ key, rows, first, last, count, fault }: OpenGroup): Group => ({ key, rows, lines: { first, last, rows: count }, fault });
