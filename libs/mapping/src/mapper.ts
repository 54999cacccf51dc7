import { invalidMessage } from '@touchpoint/kernel';
import { csvRecords } from './csv-records.ts';
import { csvRowTaker, jsonRowTaker, type RowTaker } from './columns.ts';
import type { CompiledMapping } from './compile.ts';
import { GroupWindow, WINDOW_LIMITS, type Group, type GroupFault } from './group-window.ts';
import type { Item, Lines, RejectCode } from './item.ts';
import { jsonRecords } from './json-records.ts';
import { KeyMemory } from './key-memory.ts';
import type { RawRecord } from './record.ts';

/** Takes a file's text piece by piece and tells what became of its rows. Holds one piece and the groups that are open. Throws InvalidMessage `MAPPING.HEADER` where the file as a whole does not fit. */
export type Mapper = Readonly<{ push: (text: string) => readonly Item[]; end: () => readonly Item[] }>;

const header = (what: string) => invalidMessage('MAPPING.HEADER', `The mapping does not fit the file: ${what}.`);
const oneLine = (line: number): Lines => ({ first: line, last: line, rows: 1 });
const NEIGHBOUR: GroupFault = { code: 'MAPPING.GROUP_INCOMPLETE', reason: 'A line beside it cannot be read and may belong to it. Mend that line; the group then comes whole.' };

/** Rows become items. A group of which a row is bad is left out whole: a part of it under its key could never be made good. */
class RowMapper<T> {
  readonly #compiled: CompiledMapping;
  readonly #take: RowTaker<T>;
  readonly #keys = new KeyMemory();
  readonly #window: GroupWindow | null;
  /** A line could not be read, and the row after it has not come yet. */
  #gap = false;

  constructor(compiled: CompiledMapping, take: RowTaker<T>) {
    this.#compiled = compiled;
    this.#take = take;
    this.#window = compiled.window === null ? null : new GroupWindow({ ...WINDOW_LIMITS, open: compiled.window });
  }

  row(record: RawRecord<T>, items: Item[]): void {
    const { line } = record;
    if ('broken' in record) return this.#broken(line, record.broken, items);
    const { row, faults } = this.#take(record.value);
    if (faults.length === 0) return this.#good(this.#compiled.keyOf(row, line), row, line, record.size, items);
    if (faults[0]!.column === '') return this.#broken(line, faults[0]!.reason, items);
    const key = faults.some(({ column }) => this.#compiled.keyColumns.has(column)) ? null : this.#compiled.keyOf(row, line);
    this.#reject(items, key, oneLine(line), 'MAPPING.BAD_CELL', `${faults.map(({ column, reason }) => `${column} ${reason}`).join('; ')}.`);
    if (key === null) return this.#spoilBeside(items, line);
    if (this.#window && !this.#keys.has(key)) {
      this.#close(this.#window.spoil(key, line, { code: 'MAPPING.GROUP_INCOMPLETE', reason: `Line ${line} of it was rejected. Mend it; the group then comes whole.` }), items);
      this.#gap = false;
    }
  }

  end(items: Item[]): void {
    if (this.#window) this.#close(this.#window.end(), items);
  }

  #good(key: string, row: Parameters<GroupWindow['add']>[1], line: number, size: number, items: Item[]): void {
    const window = this.#window;
    if (!window?.has(key) && this.#keys.has(key)) {
      const reason = window ? `Rows of this key came further up; its event was made. Raise "window" of the mapping's "group" (it is ${this.#compiled.window}).` : 'The key came further up: one event was made of it.';
      return this.#reject(items, key, oneLine(line), 'MAPPING.KEY_RETURNED', reason);
    }
    if (!window) {
      this.#keys.add(key);
      return this.#make({ key, rows: [row], lines: oneLine(line), fault: null }, items);
    }
    this.#close(window.add(key, row, line, size), items);
    if (this.#gap) this.#close(window.spoil(key, line, NEIGHBOUR), items);
    this.#gap = false;
  }

  /** A line whose key is not known may belong to the group before it or to the one after it. */
  #spoilBeside(items: Item[], line: number): void {
    const key = this.#window?.lastKey;
    if (key !== undefined) this.#close(this.#window!.spoil(key, line, NEIGHBOUR), items);
    this.#gap = true;
  }

  #broken(line: number, reason: string, items: Item[]): void {
    this.#reject(items, null, oneLine(line), 'MAPPING.BROKEN_LINE', reason);
    this.#spoilBeside(items, line);
  }

  #close(groups: readonly Group[], items: Item[]): void {
    for (const group of groups) {
      this.#keys.add(group.key);
      this.#make(group, items);
    }
  }

  #make({ key, rows, lines, fault }: Group, items: Item[]): void {
    // A group may be known by bad rows alone, and each of these was told.
    if (lines.rows === 0) return;
    if (fault) return this.#reject(items, key, lines, fault.code, fault.reason);
    const mapped = this.#compiled.makeMessage(key, rows);
    if ('message' in mapped) items.push({ kind: 'event', key, lines, message: mapped.message });
    else if ('skipped' in mapped) items.push({ kind: 'skipped', key, lines });
    else this.#reject(items, key, lines, 'MAPPING.UNMAPPABLE', mapped.unmappable);
  }

  #reject(items: Item[], key: string | null, lines: Lines, code: RejectCode, reason: string): void {
    items.push({ kind: 'rejected', key, lines, code, reason });
  }
}

const csvMapper = (compiled: CompiledMapping): Mapper => {
  const { csv } = compiled.mapping;
  const records = csvRecords(csv?.delimiter);
  const open = (titles: readonly string[] | undefined): RowMapper<readonly string[]> => {
    const taker = csvRowTaker(compiled.set, titles);
    if ('fault' in taker) throw header(taker.fault);
    return new RowMapper(compiled, taker);
  };
  let mapper = csv?.header === false ? open(undefined) : undefined;
  const map = (raw: readonly RawRecord<readonly string[]>[]): Item[] => {
    const items: Item[] = [];
    for (const record of raw) {
      if (mapper) mapper.row(record, items);
      else if ('broken' in record) throw header(`its first line cannot be read. ${record.broken}`);
      else mapper = open(record.value);
    }
    return items;
  };
  return {
    push: (text) => map(records.push(text)),
    end: () => {
      const items = map(records.end());
      if (!mapper) throw header('the file is empty, and a first line of names is expected');
      mapper.end(items);
      return items;
    },
  };
};

const jsonMapper = (compiled: CompiledMapping): Mapper => {
  const records = jsonRecords();
  const mapper = new RowMapper(compiled, jsonRowTaker(compiled.set));
  const map = (raw: ReturnType<typeof records.push>): Item[] => {
    const items: Item[] = [];
    for (const record of raw) mapper.row(record, items);
    return items;
  };
  return {
    push: (text) => map(records.push(text)),
    end: () => {
      const items = map(records.end());
      mapper.end(items);
      return items;
    },
  };
};

export const openMapper = (compiled: CompiledMapping): Mapper => (compiled.mapping.format === 'csv' ? csvMapper(compiled) : jsonMapper(compiled));
