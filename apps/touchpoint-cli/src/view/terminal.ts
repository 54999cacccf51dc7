import { styleText } from 'node:util';

/** Where a command writes. Results go to `out`, what is said meanwhile to `err`, so that results can be piped on. */
export type Terminal = Readonly<{
  out: (text: string) => void;
  err: (text: string) => void;
  /** Whether somebody looks at what goes to `err`, and at `out`. */
  isTty: boolean;
  outIsTty: boolean;
  columns: () => number;
  rows: () => number;
}>;

export const processTerminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTty: process.stderr.isTTY === true,
  outIsTty: process.stdout.isTTY === true,
  columns: () => process.stderr.columns || 80,
  rows: () => process.stderr.rows || 24,
};

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
export type Paint = (style: Style, text: string) => string;

/** Colours where somebody looks and has not said NO_COLOR; styleText looks at that itself. */
export const paintFor = (stream: NodeJS.WriteStream): Paint => (style, text) => styleText(style, text, { stream });
export const plain: Paint = (_style, text) => text;
export const paint: Paint = (style, text) => paintFor(process.stderr)(style, text);
export const paintOut: Paint = (style, text) => paintFor(process.stdout)(style, text);

const ESCAPES = /\u001b\[[0-9;]*m/g;
export const widthOf = (text: string): number => text.replace(ESCAPES, '').length;
export const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** Rows as columns that stand under one another; two blanks between them. */
export const columnsOf = (rows: readonly (readonly string[])[], indent = ''): string => {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => { widths[i] = Math.max(widths[i] ?? 0, widthOf(cell)); });
  return rows.map((row) => `${indent}${row.map((cell, i) => (i === row.length - 1 ? cell : padded(cell, widths[i]!))).join('  ')}`.trimEnd()).join('\n');
};

/** `3.2 s`, `4 min 10 s`, `2 h 5 min`, `3 d 4 h`. */
export const duration = (seconds: number): string => {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
};
