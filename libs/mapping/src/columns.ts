import { BadCell, cellReader, type Cell, type CellReader, type Row } from './cells.ts';
import type { JsonObject } from './json-records.ts';
import { columnOf, type Column, type Mapping } from './mapping.ts';

export type ColumnSet = Readonly<{ names: readonly string[]; columns: readonly Column[]; slots: ReadonlyMap<string, number> }>;
/** Of a cell: its column, as the mapping names it, and what is wrong with it. */
export type CellFault = Readonly<{ column: string; reason: string }>;
/** A row as far as it could be read: a cell with a fault is null. */
export type TakenRow = Readonly<{ row: Row; faults: readonly CellFault[] }>;
export type RowTaker<T> = (record: T) => TakenRow;

export const columnSet = (declared: Mapping['columns']): ColumnSet => {
  const names = Object.keys(declared);
  return { names, columns: names.map((name) => columnOf(declared[name]!)), slots: new Map(names.map((name, slot) => [name, slot])) };
};

const NONE: readonly CellFault[] = [];
const MOST_FAULTS = 5;

const takeCells = (names: readonly string[], read: (slot: number) => Cell | BadCell): TakenRow => {
  const row: Cell[] = [];
  let faults: CellFault[] | undefined;
  for (let slot = 0; slot < names.length; slot++) {
    const cell = read(slot);
    if (!(cell instanceof BadCell)) row.push(cell);
    else {
      row.push(null);
      if (!faults || faults.length < MOST_FAULTS) (faults ??= []).push({ column: names[slot]!, reason: cell.reason });
    }
  }
  return { row, faults: faults ?? NONE };
};

const plainReader = (column: Column): CellReader => cellReader(column as Parameters<typeof cellReader>[0]);

/** What is wrong with a file as a whole: its first line does not fit the mapping. */
export type HeaderFault = Readonly<{ fault: string }>;

/** Takes the cells of a CSV line by the first line of the file, or by their positions. Columns that no mapping names are passed over. */
export const csvRowTaker = ({ names, columns }: ColumnSet, header: readonly string[] | undefined): RowTaker<readonly string[]> | HeaderFault => {
  const titles = header?.map((title) => title.trim());
  const positions: number[] = [];
  const missing: string[] = [];
  for (const [slot, name] of names.entries()) {
    const from = columns[slot]!.from ?? name;
    const position = typeof from === 'number' ? from - 1 : (titles?.indexOf(from) ?? -1);
    if (position < 0 || (titles && position >= titles.length)) missing.push(String(from));
    else if (typeof from === 'string' && titles!.lastIndexOf(from) !== position) return { fault: `the file has two columns ${from}; name the one you mean by its position, such as "from": ${position + 1}` };
    positions.push(position);
  }
  if (missing.length > 0) return { fault: `the file has no column ${missing.join(', ')}; it has ${titles?.join(', ') ?? 'no first line of names'}` };
  const readers = columns.map(plainReader);
  const width = titles?.length;
  return (cells) => {
    if (width !== undefined && cells.length !== width) return { row: [], faults: [{ column: '', reason: `The line has ${cells.length} cells, the first line has ${width}.` }] };
    return takeCells(names, (slot) => readers[slot]!(cells[positions[slot]!]));
  };
};

/** A value of an object by its name, or by a dotted path. */
const pathReader = (from: string): ((object: JsonObject) => unknown) => {
  const steps = from.split('.');
  if (steps.length === 1) return (object) => (Object.hasOwn(object, from) ? object[from] : undefined);
  return (object) => {
    if (Object.hasOwn(object, from)) return object[from];
    let value: unknown = object;
    for (const step of steps) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
      value = (value as JsonObject)[step];
    }
    return value;
  };
};

const listReader = (column: Column): CellReader => {
  const take = jsonRowTaker(columnSet(column.columns ?? {}));
  return (raw) => {
    if (raw === undefined || raw === null) return column.optional ? null : new BadCell('is missing; say "optional": true of the column if it may be');
    if (!Array.isArray(raw)) return new BadCell('is no list');
    const rows: Row[] = [];
    for (const [i, item] of raw.entries()) {
      if (typeof item !== 'object' || item === null || Array.isArray(item)) return new BadCell(`has an item that is no object (the ${i + 1}.)`);
      const { row, faults } = take(item as JsonObject);
      const [fault] = faults;
      if (fault) return new BadCell(`has an item (the ${i + 1}.) whose ${fault.column} ${fault.reason}`);
      rows.push(row);
    }
    return rows;
  };
};

export const jsonRowTaker = ({ names, columns }: ColumnSet): RowTaker<JsonObject> => {
  const readers = columns.map((column, slot) => {
    const value = pathReader(String(column.from ?? names[slot]!));
    const read = column.type === 'list' ? listReader(column) : plainReader(column);
    return (object: JsonObject) => read(value(object));
  });
  return (object) => takeCells(names, (slot) => readers[slot]!(object));
};
