import { createReadStream } from 'node:fs';
import { csvRecords } from '@touchpoint/mapping';
import { CliError, EXIT } from '../system/cli-error.ts';

/** A row of a plan: what operations-api needs of it. What else stands there is for whoever looks at it. */
export type PlannedRange = Readonly<{ topic: string; partition: number; from: number; to: number; witness: string }>;

const COLUMNS = ['topic', 'partition', 'from', 'to', 'witness'] as const;
/** A plan has a row for each partition: more is none. */
const MOST = 10_000;

const wrong = (path: string, what: string): CliError => new CliError('REPLAY.PLAN', `${path} ${what}`, { exitCode: EXIT.usage });

/** Reads a plan that `replay --csv` wrote, and that somebody may have edited. @throws CliError that names the line. */
export const readPlan = async (path: string): Promise<readonly PlannedRange[]> => {
  const reader = csvRecords();
  const ranges: PlannedRange[] = [];
  let header: readonly string[] | undefined;
  const take = (records: ReturnType<typeof reader.push>): void => {
    for (const record of records) {
      if ('broken' in record) throw wrong(path, `cannot be read at line ${record.line}: ${record.broken}`);
      if (header) ranges.push(rangeOf(header, record.value, `${path} line ${record.line}`));
      else header = headerOf(record.value, path);
      if (ranges.length > MOST) throw wrong(path, `has more than ${MOST.toLocaleString('en')} rows: that is no plan`);
    }
  };
  try {
    for await (const piece of createReadStream(path, 'utf8')) take(reader.push(piece as string));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw wrong(path, `cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'no reason'}`);
  }
  take(reader.end());
  if (ranges.length === 0) throw wrong(path, 'holds no range: make a plan with replay … --csv FILE');
  return ranges;
};

const headerOf = (cells: readonly string[], path: string): readonly string[] => {
  const names = cells.map((cell) => cell.replace(/^\uFEFF/, '').trim());
  const missing = COLUMNS.filter((name) => !names.includes(name));
  if (missing.length > 0) throw wrong(path, `has no column ${missing.join(', ')}: keep the columns as replay --csv wrote them`);
  return names;
};

const rangeOf = (header: readonly string[], cells: readonly string[], where: string): PlannedRange => {
  const cell = (name: string): string => cells[header.indexOf(name)]?.trim() ?? '';
  const whole = (name: string): number => {
    if (!/^\d{1,15}$/.test(cell(name))) throw new CliError('REPLAY.PLAN', `${where}: ${name} must be a whole number`, { exitCode: EXIT.usage });
    return Number(cell(name));
  };
  return { topic: cell('topic'), partition: whole('partition'), from: whole('from'), to: whole('to'), witness: cell('witness') };
};
