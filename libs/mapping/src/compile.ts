import type { Row } from './cells.ts';
import { columnSet, type ColumnSet } from './columns.ts';
import { compileRules, type MakeMessage } from './event-rule.ts';
import { DEFAULT_WINDOW, type ColumnType, type Mapping } from './mapping.ts';
import { Scope, shownAs, type Issue, type Plain } from './scope.ts';
import { needsZone, timeReader } from './time-format.ts';
import { zoneOf } from './cells.ts';

/** A mapping made ready. `keyOf` makes a row's key; of a row without a readable key it is not asked. */
export type CompiledMapping = Readonly<{
  mapping: Mapping;
  set: ColumnSet;
  keyColumns: ReadonlySet<string>;
  keyOf: (row: Row, line: number) => string;
  /** Groups open at a time; null: each row is an event. */
  window: number | null;
  makeMessage: MakeMessage;
}>;

/** Plain for one column; for several none can run into the next. */
const joinKey = (parts: readonly string[]): string => (parts.length === 1 ? parts[0]! : parts.map((part) => part.replaceAll('%', '%25').replaceAll('/', '%2F')).join('/'));

const compileKey = ({ key, group }: Mapping, set: ColumnSet, scope: Scope): CompiledMapping['keyOf'] => {
  if (key === 'line') {
    if (group) scope.tell('Rows are grouped by the columns of the key: name them.');
    return (_row, line) => `line-${line}`;
  }
  const slots = key.map((column, i) => scope.at(i).slot(column));
  const shows = slots.map((slot, i) => {
    if (slot >= 0 && set.columns[slot]!.optional) scope.at(i).tell(`"${key[i]}" is optional; what makes an event's key is always there.`);
    return slot < 0 ? String : shownAs[scope.type(slot) as Plain];
  });
  return (row) => joinKey(slots.map((slot, i) => String(shows[i]!(row[slot]!))));
};

const FITS: Readonly<Record<string, readonly ColumnType[]>> = { format: ['time'], zone: ['time'], decimalSign: ['decimal'], thousands: ['decimal'], true: ['boolean'], false: ['boolean'], columns: ['list'] };

const checkColumns = ({ names, columns }: ColumnSet, { format, csv }: Mapping, scope: Scope): void => {
  for (const [slot, column] of columns.entries()) {
    const at = scope.at(names[slot]!);
    for (const [option, types] of Object.entries(FITS)) {
      if (option in column && !types.includes(column.type)) at.at(option).tell(`The column is of the type ${column.type}; "${option}" is for ${types.join(' and ')}.`);
    }
    if (column.type === 'list') {
      if (format === 'csv') at.tell('A CSV cell holds no list. Group the rows instead.');
      if (!column.columns) at.tell('Say what the objects of the list hold: "columns".');
      else checkColumns(columnSet(column.columns), { format } as Mapping, at.at('columns'));
    }
    if (column.zone !== undefined && !zoneOf(column.zone)) at.at('zone').tell('There is no such time zone. Expected UTC, an offset such as +01:00, or a name such as Europe/London.');
    const form = column.format ?? 'iso';
    if (column.type === 'time' && !timeReader(form, undefined)) at.at('format').tell('Expected iso, seconds, milliseconds, or a pattern with YYYY, M or MM, D or DD, and H or HH, mm, ss (h and A for a.m. and p.m.), each at most once.');
    else if (column.type === 'time' && needsZone(form) && column.zone === undefined) at.tell('The pattern says no time zone: name one, such as "zone": "UTC".');
    if (typeof column.from === 'number' && format !== 'csv') at.at('from').tell('Objects have names, not positions.');
    else if (typeof column.from !== 'number' && csv?.header === false) at.tell('The file has no first line of names: say the position of the column, such as "from": 1.');
  }
};

/** What names cannot be checked by a schema is checked here. @returns the mapping made ready, or what is wrong with it */
export const compileMapping = (mapping: Mapping): CompiledMapping | Readonly<{ issues: readonly Issue[] }> => {
  const issues: Issue[] = [];
  const set = columnSet(mapping.columns);
  const scope = new Scope('', set, mapping.group !== undefined, issues);
  checkColumns(set, mapping, scope.at('columns'));
  const keyOf = compileKey(mapping, set, scope.at('key'));
  const makeMessage = compileRules(mapping, scope);
  if (issues.length > 0) return { issues };
  const window = mapping.group ? (mapping.group.window ?? DEFAULT_WINDOW) : null;
  return { mapping, set, keyColumns: new Set(mapping.key === 'line' ? [] : mapping.key), keyOf, window, makeMessage };
};
