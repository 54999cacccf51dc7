/** One record of a file as it was read: the cells of a CSV line, or a JSON object. `line` counts from 1; a record over several lines has its first. `size` is in characters. */
export type RawRecord<T> = Readonly<{ line: number; value: T; size: number }> | Readonly<{ line: number; broken: string }>;

/**
 * Makes records of text that comes in pieces, cut anywhere: what it gives does not depend on where. Holds no more than one piece and one record.
 * A record that cannot be read is told as `broken`, once, by its line; reading goes on at the next line.
 */
export type RecordReader<T> = Readonly<{ push: (text: string) => readonly RawRecord<T>[]; end: () => readonly RawRecord<T>[] }>;

/** One record that begins at `start`: `end` is where its text ends, `next` where the next begins; no value: the line is empty. A fault lies `at`. */
export type Scanned<T> = Readonly<{ end: number; next: number; lines: number; value: T | undefined }> | Readonly<{ at: number; broken: string }>;
/** Undefined: the text ends within the record, and it is not the `last` of the file. */
export type Scan<T> = (text: string, start: number, last: boolean) => Scanned<T> | undefined;

/** Characters of one record, without its line end. A quote that nobody closed would otherwise swallow the rest of the file. */
export const LONGEST_RECORD = 1_000_000;
const TOO_LONG = `The record is longer than ${LONGEST_RECORD} characters, or a quote in it is never closed.`;
/** What a decoder puts where bytes are not of its encoding. */
const REPLACEMENT = '\ufffd';
const WRONG_BYTES = 'The record holds bytes that are not of the encoding of the file. Name it in the mapping, such as "encoding": "windows-1252".';
const LINE_END = 2;

const positionOr = (text: string, sought: string, from: number, otherwise: number): number => {
  const at = text.indexOf(sought, from);
  return at < 0 ? otherwise : at;
};

/** Line breaks within a piece of text. */
export const linesIn = (text: string, from: number, to: number): number => {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) count++;
  return count;
};

export const recordReader = <T>(scan: Scan<T>): RecordReader<T> => {
  let text = '';
  let line = 1;
  /** Within a broken line whose end has not come yet. */
  let skipping = false;

  const drain = (last: boolean): readonly RawRecord<T>[] => {
    const records: RawRecord<T>[] = [];
    let at = 0;
    const skipLine = (): void => {
      const lineEnd = text.indexOf('\n', at);
      skipping = lineEnd < 0;
      at = skipping ? text.length : lineEnd + 1;
      if (!skipping) line++;
    };
    if (skipping) skipLine();
    let wrong = positionOr(text, REPLACEMENT, at, Infinity);
    while (at < text.length) {
      const found = scan(text, at, last);
      if (!found && text.length - at <= LONGEST_RECORD + LINE_END) break;
      if (!found || 'broken' in found || found.end - at > LONGEST_RECORD) {
        // The same reason however the text was cut: a fault beyond the bound may not have been seen yet.
        records.push({ line, broken: found && 'broken' in found && found.at - at <= LONGEST_RECORD ? found.broken : TOO_LONG });
        skipLine();
        continue;
      }
      if (wrong < at) wrong = positionOr(text, REPLACEMENT, at, Infinity);
      if (wrong < found.end) records.push({ line, broken: WRONG_BYTES });
      else if (found.value !== undefined) records.push({ line, value: found.value, size: found.end - at });
      at = found.next;
      line += found.lines;
    }
    text = at === 0 ? text : text.slice(at);
    return records;
  };
  return {
    push: (piece) => {
      text = text === '' ? piece : text + piece;
      return drain(false);
    },
    end: () => drain(true),
  };
};
