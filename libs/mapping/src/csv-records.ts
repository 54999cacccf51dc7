import { linesIn, recordReader, type RecordReader, type Scan } from './record.ts';

const QUOTE = '"';
const BAD_QUOTE = 'The line has a quoted cell that goes on after its closing quote. A quote within a cell is written twice.';
const OPEN_QUOTE = 'The line has a quoted cell that is never closed.';

/**
 * CSV as RFC 4180 has it, line ends of either kind, quoted cells over several lines too. A quote within a cell that did not begin with one stands for
 * itself. Half as costly as splitting by state machine: most cells are found by `indexOf`.
 */
export const csvRecords = (delimiter = ','): RecordReader<readonly string[]> => recordReader(scanCsv(delimiter));

const scanCsv = (delimiter: string): Scan<readonly string[]> => {
  /** Where a quote stands next, so that lines without one are just split. Text is given by pieces: the end of a piece ends what is known of it. */
  let known = { text: '', quote: -1 };
  const quoteAfter = (text: string, start: number): number => {
    if (known.text !== text || (known.quote >= 0 && known.quote < start)) known = { text, quote: text.indexOf(QUOTE, start) };
    return known.quote;
  };

  return (text, start, last) => {
    const lineEnd = text.indexOf('\n', start);
    const quote = quoteAfter(text, start);
    if (quote >= 0 && (lineEnd < 0 || quote < lineEnd)) return scanQuoted(text, start, lineEnd, last, delimiter);
    if (lineEnd < 0 && !last) return undefined;
    const next = lineEnd < 0 ? text.length : lineEnd + 1;
    const stop = lineEnd < 0 ? text.length : lineEnd;
    const end = stop > start && text[stop - 1] === '\r' ? stop - 1 : stop;
    return { end, next, lines: lineEnd < 0 ? 0 : 1, value: end === start ? undefined : text.slice(start, end).split(delimiter) };
  };
};

/** Past the cell's closing quote, −1 where there is none in this text. Two quotes are one in the cell. */
const closingQuote = (text: string, from: number): number => {
  let at = text.indexOf(QUOTE, from);
  while (at >= 0 && text[at + 1] === QUOTE) at = text.indexOf(QUOTE, at + 2);
  return at;
};

const scanQuoted = (text: string, start: number, firstLineEnd: number, last: boolean, delimiter: string): ReturnType<Scan<readonly string[]>> => {
  const cells: string[] = [];
  let at = start;
  let lineEnd = firstLineEnd;
  for (;;) {
    let end: number;
    if (text[at] === QUOTE) {
      const close = closingQuote(text, at + 1);
      if (close < 0) return last ? { at: start, broken: OPEN_QUOTE } : undefined;
      const cell = text.slice(at + 1, close);
      cells.push(cell.includes(QUOTE) ? cell.replaceAll('""', QUOTE) : cell);
      end = close + 1;
    } else {
      if (lineEnd >= 0 && lineEnd < at) lineEnd = text.indexOf('\n', at);
      const stop = lineEnd < 0 ? text.length : lineEnd;
      const separator = text.indexOf(delimiter, at);
      if (separator >= 0 && separator < stop) end = separator;
      else if (lineEnd < 0 && !last) return undefined;
      else end = stop > at && text[stop - 1] === '\r' ? stop - 1 : stop;
      cells.push(text.slice(at, end));
    }
    if (end === text.length) {
      // A quote at the very end of the text may be the first of two.
      if (!last) return undefined;
      return { end, next: end, lines: linesIn(text, start, end), value: cells };
    }
    if (text[end] === delimiter) {
      at = end + 1;
      continue;
    }
    if (text[end] === '\r' && end + 1 === text.length && !last) return undefined;
    const stop = text[end] === '\r' ? end + 1 : end;
    if (stop < text.length && text[stop] !== '\n') return { at: end, broken: BAD_QUOTE };
    const next = Math.min(stop + 1, text.length);
    return { end, next, lines: end === firstLineEnd || stop === firstLineEnd ? 1 : linesIn(text, start, next), value: cells };
  }
};
