import { add, formatDecimal, negate, roundedSum, times, ZERO, type Decimal } from '@touchpoint/kernel';
import type { Cell, Row } from './cells.ts';
import { compileCondition } from './condition.ts';
import type { ColumnValue, Take, Value, Values } from './mapping.ts';
import { shownAs, type Plain, type Scope } from './scope.ts';

/** Why no message can be made of these rows. Caught where messages are made. */
export class Unmappable {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** A value made ready: what the message has there; undefined leaves it out. Throws Unmappable. */
export type Make = (rows: readonly Row[]) => unknown;
export type Made = Readonly<{ kind: Plain | 'list' | 'object'; make: Make }>;

const NUMERIC: readonly Plain[] = ['decimal', 'whole'];
/** The types of column that a way of taking makes sense for. */
const TAKES: Readonly<Record<Take, readonly Plain[] | 'any'>> = {
  first: 'any', last: 'any', same: 'any', earliest: ['time'], latest: ['time'], least: NUMERIC, greatest: NUMERIC, sum: NUMERIC,
};

const best = (rows: readonly Row[], slot: number, wins: (a: NonNullable<Cell>, b: NonNullable<Cell>) => boolean): Cell => {
  let found: Cell = null;
  for (const row of rows) {
    const cell = row[slot]!;
    if (cell !== null && (found === null || wins(cell, found))) found = cell;
  }
  return found;
};
const same = (rows: readonly Row[], slot: number, column: string): Cell => {
  const cell = rows[0]![slot]!;
  if (rows.some((row) => row[slot] !== cell)) throw new Unmappable(`The rows differ in ${column}, and the mapping takes it to be the same in all.`);
  return cell;
};
const total = (rows: readonly Row[], slot: number): Cell => {
  const cells = rows.map((row) => row[slot]!).filter((cell) => cell !== null);
  if (cells.length === 0) return null;
  if (typeof cells[0] === 'bigint') return (cells as Decimal[]).reduce(add, ZERO);
  const sum = (cells as number[]).reduce((a, b) => a + b, 0);
  if (!Number.isSafeInteger(sum)) throw new Unmappable('The sum is larger than a whole number can be.');
  return sum;
};

const take = (how: Take, slot: number, column: string): ((rows: readonly Row[]) => Cell) => {
  if (how === 'first') return (rows) => rows[0]![slot]!;
  if (how === 'last') return (rows) => rows.at(-1)![slot]!;
  if (how === 'same') return (rows) => same(rows, slot, column);
  if (how === 'sum') return (rows) => total(rows, slot);
  return how === 'earliest' || how === 'least' ? (rows) => best(rows, slot, (a, b) => a < b) : (rows) => best(rows, slot, (a, b) => a > b);
};

const negative = (cell: Cell): Cell => (typeof cell === 'bigint' ? negate(cell) : cell === 0 ? 0 : -(cell as number));

const compileColumn = (value: ColumnValue, scope: Scope): Made => {
  const slot = scope.at('column').slot(value.column);
  const type = slot < 0 ? 'text' : (scope.type(slot) as Plain);
  const how = value.take ?? 'first';
  const fits = TAKES[how];
  if (fits !== 'any' && !fits.includes(type)) scope.at('take').tell(`"${value.column}" is of the type ${type}; ${how} is for ${fits.join(' and ')}.`);
  if (value.take !== undefined && !scope.many) scope.at('take').tell('There is one row here: leave out "take".');
  if (value.negate && !NUMERIC.includes(type)) scope.at('negate').tell(`"${value.column}" is of the type ${type}; only a number can be negated.`);
  const read = take(how, slot, value.column);
  const show = shownAs[type];
  const map = value.map && new Map(Object.entries(value.map));
  const make: Make = (rows) => {
    const cell = read(rows);
    if (cell === null) return value.otherwise;
    const shown = show(value.negate ? negative(cell) : cell);
    if (!map) return shown;
    const mapped = map.get(String(shown)) ?? value.otherwise;
    if (mapped === undefined) throw new Unmappable(`${value.column} holds a word that "map" does not name; name it, or say "otherwise".`);
    return mapped;
  };
  return { kind: map ? 'text' : type, make };
};

const HOLE = /\{([^{}]*)\}/g;
/** `invoice-{InvoiceNo}`: nothing at all where one of its columns is empty. */
const compileText = (template: string, scope: Scope): Made => {
  const parts = [...template.matchAll(HOLE)].map((match) => ({ before: match.index, after: match.index + match[0].length, slot: scope.slot(match[1]!) }));
  if (parts.length === 0) scope.tell('There is no {column} in it. A text that is always the same stands without "text".');
  const literals = parts.map(({ before }, i) => template.slice(parts[i - 1]?.after ?? 0, before));
  const end = template.slice(parts.at(-1)?.after ?? 0);
  const make: Make = ([row]) => {
    let text = '';
    for (const [i, { slot }] of parts.entries()) {
      const cell = row![slot]!;
      if (cell === null) return undefined;
      text += literals[i]! + String(shownAs[scope.type(slot) as Plain](cell));
    }
    return text + end;
  };
  return { kind: 'text', make };
};

/** The sum over the rows of a column, or of two multiplied: exact, and rounded once. An empty cell counts as nothing. */
const compileSum = (columns: readonly string[], minus: boolean, scope: Scope): Made => {
  const slots = columns.map((column, i) => scope.at('sum', i).slot(column));
  for (const [i, slot] of slots.entries()) if (slot >= 0 && scope.type(slot) !== 'decimal') scope.at('sum', i).tell(`"${columns[i]}" is of the type ${scope.type(slot)}; a decimal is expected.`);
  const ONE = 1_000_000n as Decimal;
  const make: Make = (rows) => {
    const sum = roundedSum(rows.map((row) => times((row[slots[0]!] ?? ZERO) as Decimal, (slots.length > 1 ? (row[slots[1]!] ?? ZERO) : ONE) as Decimal)));
    return formatDecimal(minus ? negate(sum) : sum);
  };
  return { kind: 'decimal', make };
};

const compileEach = (value: Extract<Value, { each: Values }>, scope: Scope): Made => {
  const list = value.of === undefined ? -1 : scope.at('of').slot(value.of, 'list');
  const rowScope = scope.each(value.of === undefined ? undefined : list < 0 ? {} : scope.set.columns[list]?.columns);
  if (value.of === undefined && !scope.many) scope.at('each').tell('There is one row here. Name the list whose items are meant as "of", or group rows in the mapping.');
  if (value.of !== undefined && list < 0) return { kind: 'list', make: () => [] };
  const where = value.where && compileCondition(value.where, rowScope.at('where'));
  const item = compileValues(value.each, rowScope.at('each'));
  const make: Make = (rows) => {
    const all = value.of === undefined ? rows : rows.flatMap((row) => (row[list] ?? []) as readonly Row[]);
    return (where ? all.filter(where) : all).map((row) => item([row]));
  };
  return { kind: 'list', make };
};

/** An object of values; those that are empty are left out. */
export const compileValues = (values: Values, scope: Scope): ((rows: readonly Row[]) => Readonly<Record<string, unknown>>) => {
  const made = Object.entries(values).map(([name, value]) => [name, compileValue(value, scope.at(name)).make] as const);
  return (rows) => {
    const object: Record<string, unknown> = {};
    for (const [name, make] of made) {
      const value = make(rows);
      if (value !== undefined) object[name] = value;
    }
    return object;
  };
};

const compileAny = (value: Exclude<Value, string | number | boolean>, scope: Scope): Made => {
  if ('column' in value) return compileColumn(value, scope);
  if ('text' in value) return compileText(value.text, scope.at('text'));
  if ('sum' in value) return compileSum(value.sum, value.negate ?? false, scope);
  if ('count' in value) return { kind: 'whole', make: (rows) => rows.length };
  if ('each' in value) return compileEach(value, scope);
  if ('object' in value) return { kind: 'object', make: compileValues(value.object, scope.at('object')) };
  const choices = value.firstOf.map((choice, i) => compileValue(choice, scope.at('firstOf', i)));
  return { kind: choices[0]!.kind, make: (rows) => choices.reduce<unknown>((found, { make }) => (found === undefined ? make(rows) : found), undefined) };
};

/** Makes a value ready; what is wrong with it is told to the scope. `when` looks at the first row. */
export const compileValue = (value: Value, scope: Scope): Made => {
  if (typeof value !== 'object') return { kind: typeof value === 'string' ? 'text' : typeof value === 'boolean' ? 'boolean' : 'decimal', make: () => value };
  const made = compileAny(value, scope);
  if (!('when' in value) || value.when === undefined) return made;
  const when = compileCondition(value.when, scope.at('when'));
  return { kind: made.kind, make: (rows) => (when(rows[0]!) ? made.make(rows) : undefined) };
};
