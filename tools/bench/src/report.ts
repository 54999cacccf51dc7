import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Machine } from './machine.ts';

/** `atMost 120`, `atLeast 0.4`, or none: a figure that only explains another. */
export type Target = Readonly<{ atMost: number } | { atLeast: number }>;
/** A figure that counts. One that could not be measured has no value and says why. */
export type Figure = Readonly<{ name: string; unit: string; target: Target | null }> & (Readonly<{ value: number }> | Readonly<{ value: null; why: string }>);
/** What stands beside the figures: rates, shares, sizes. They depend on the machine and its load. */
export type Note = Readonly<{ name: string; value: number | string; unit: string }>;
export type Report = Readonly<{ figures: readonly Figure[]; notes: readonly Note[] }>;

export const measured = (name: string, value: number, unit: string, target: Target | null): Figure => ({ name, value, unit, target });
export const notMeasured = (name: string, why: string, unit: string, target: Target | null): Figure => ({ name, value: null, why, unit, target });

export const met = ({ value, target }: Figure): boolean | undefined => {
  if (value === null || target === null) return undefined;
  return 'atMost' in target ? value <= target.atMost : value >= target.atLeast;
};

const targetText = (target: Target | null): string => (target === null ? '' : 'atMost' in target ? `≤ ${target.atMost}` : `≥ ${target.atLeast}`);
/** Three significant digits, or all that stand before the point. */
export const shown = (value: number | string): string => {
  if (typeof value === 'string') return value;
  const text = Math.abs(value) >= 100 ? String(Math.round(value)) : Number(value.toPrecision(3)).toString();
  return text.replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ',');
};

/** Columns as wide as they need to be; those named in `right` are set to the right. */
export const table = (rows: readonly (readonly string[])[], right: readonly number[] = []): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => [...(row[column] ?? '')].length)));
  const cell = (text: string, column: number): string => {
    const space = ' '.repeat(widths[column]! - [...text].length);
    return right.includes(column) ? space + text : text + space;
  };
  return rows.map((row) => row.map(cell).join('  ').trimEnd()).join('\n');
};

export const figureTable = (figures: readonly Figure[]): string =>
  table([
    ['figure', 'value', 'unit', 'target', ''],
    ...figures.map((figure) => {
      const value = figure.value === null ? 'not measured' : shown(figure.value);
      const verdict = figure.value === null ? figure.why : met(figure) === undefined ? '' : met(figure) ? 'met' : 'MISSED';
      return [figure.name, value, figure.unit, targetText(figure.target), verdict];
    }),
  ], [1]);

export const noteTable = (notes: readonly Note[]): string => table(notes.map(({ name, value, unit }) => [`  ${name}`, shown(value), unit]), [1]);

/** The file that others read: figures first, then what they were measured on. Whole or not at all. */
export const writeReport = async (path: string, { figures, notes }: Report, about: Readonly<{ machine: Machine; options: object; at: string; seconds: number }>): Promise<void> => {
  const target = (figure: Figure) => targetText(figure.target) || null;
  const text = JSON.stringify({ figures: figures.map((figure) => ({ ...figure, target: target(figure), met: met(figure) ?? null })), notes, ...about }, null, 2);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.new`, `${text}\n`);
  await rename(`${path}.new`, path);
};
