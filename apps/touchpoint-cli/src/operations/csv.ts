import type { ResultRow } from './operations-client.ts';

/** A value that a spreadsheet would take for a formula is made text. */
const RISKY = /^[=+\-@\t\r]/;
const cell = (value: ResultRow[string]): string => {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const text = RISKY.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** RFC 4180, with the names of the first row's values as header. */
export async function* csvOf(rows: AsyncIterable<ResultRow>): AsyncGenerator<string> {
  let names: readonly string[] | undefined;
  for await (const row of rows) {
    if (!names) yield `${(names = Object.keys(row)).map(cell).join(',')}\r\n`;
    yield `${names.map((name) => cell(row[name] ?? null)).join(',')}\r\n`;
  }
}
