import { recordReader, type RecordReader, type Scan } from './record.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A number as its text, where a double might not hold it: one of 16 digits or more. */
export class LongNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const MAYBE_LONG = /\d[\d.]{15}/;
/** JSON whose numbers keep every digit; costly, so only where a line has a number of so many. */
const exactly = (text: string): unknown =>
  JSON.parse(text, ((_key: string, value: unknown, context: { source?: string }) =>
    typeof value === 'number' && context.source !== undefined && context.source.length > 15 ? new LongNumber(context.source) : value) as Parameters<typeof JSON.parse>[1]);

const scanJson: Scan<JsonObject> = (text, start, last) => {
  const lineEnd = text.indexOf('\n', start);
  if (lineEnd < 0 && !last) return undefined;
  const end = lineEnd < 0 ? text.length : lineEnd;
  const found = { end: end > start && text[end - 1] === '\r' ? end - 1 : end, next: lineEnd < 0 ? end : end + 1, lines: lineEnd < 0 ? 0 : 1 };
  const line = text.slice(start, end);
  if (line.trim() === '') return { ...found, value: undefined };
  try {
    const value: unknown = MAYBE_LONG.test(line) ? exactly(line) : JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...found, value: value as JsonObject };
    return { at: found.end, broken: 'The line is no JSON object.' };
  } catch {
    return { at: found.end, broken: 'The line is no JSON.' };
  }
};

/** NDJSON: a JSON object a line; empty lines say nothing. */
export const jsonRecords = (): RecordReader<JsonObject> => recordReader(scanJson);
