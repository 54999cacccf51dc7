import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { csvRecords } from './csv-records.ts';
import { jsonRecords } from './json-records.ts';
import { LONGEST_RECORD, type RawRecord, type RecordReader } from './record.ts';
import { cut, cutPlaces } from './pieces.fixture.ts';

const readAll = <T>(reader: RecordReader<T>, pieces: readonly string[]): readonly RawRecord<T>[] => [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
const told = <T>(records: readonly RawRecord<T>[]) => records.map((record) => ('broken' in record ? [record.line, 'broken'] : [record.line, record.value]));
const csv = (text: string, delimiter?: string) => told(readAll(csvRecords(delimiter), [text]));

describe('CSV', () => {
  it.each<[string, string, unknown]>([
    ['plain cells', 'a,b\nc,d\n', [[1, ['a', 'b']], [2, ['c', 'd']]]],
    ['CRLF and no last line end', 'a,b\r\n"c",d\r\ne,"f"', [[1, ['a', 'b']], [2, ['c', 'd']], [3, ['e', 'f']]]],
    ['empty cells', ',\n"",\n,""\n', [[1, ['', '']], [2, ['', '']], [3, ['', '']]]],
    ['empty lines', '\n\r\na\n\n', [[3, ['a']]]],
    ['quotes, separators and line ends in a quoted cell', '"a ""b"", c\nd",e\nf,g', [[1, ['a "b", c\nd', 'e']], [3, ['f', 'g']]]],
    ['a quote in a cell without quotes', '7" FRAME,1\nx,"y"', [[1, ['7" FRAME', '1']], [2, ['x', 'y']]]],
    ['a cell that goes on after its quote', 'a,b\n"c"d,e\nf,g', [[1, ['a', 'b']], [2, 'broken'], [3, ['f', 'g']]]],
    ['a quote that is closed by the next line only', '"a,b\n"c",d\ne,f', [[1, 'broken'], [2, ['c', 'd']], [3, ['e', 'f']]]],
    ['a quote that is never closed', 'a,b\n"c,d\ne,f\n', [[1, ['a', 'b']], [2, 'broken'], [3, ['e', 'f']]]],
    ['bytes of another encoding', 'a\nb\ufffd\n\ufffd,"\n"\nc', [[1, ['a']], [2, 'broken'], [3, 'broken'], [5, ['c']]]],
  ])('%s', (_, text, records) => expect(csv(text)).toEqual(records));

  it.each([['"c"d,e\nf', /after its closing quote/], ['"c,d', /never closed/], ['\ufffd', /encoding/], [`${'x'.repeat(LONGEST_RECORD)}y`, /longer than/]])('tells what is wrong with %#', (text, reason) =>
    expect(readAll(csvRecords(), [text])[0]).toEqual({ line: 1, broken: expect.stringMatching(reason) }));

  it('takes another separator', () => expect(csv('a;"b;c"\n', ';')).toEqual([[1, ['a', 'b;c']]]));

  it('gives the same records wherever the text is cut', () => {
    const text = fc.array(fc.constantFrom('a', 'é', ',', ',', '"', '"', '""', '\n', '\r\n', '\r', '\ufffd', '"b"'), { maxLength: 60 }).map((parts) => parts.join(''));
    fc.assert(fc.property(text, cutPlaces, (whole, places) => expect(readAll(csvRecords(), cut(whole, places))).toEqual(readAll(csvRecords(), [whole]))), { numRuns: 2_000 });
  });

  it('reads back what was written', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ') });
    const written = (rows: readonly (readonly string[])[]) => rows.map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')).join('\r\n');
    fc.assert(fc.property(fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1 }), (rows) =>
      expect(readAll(csvRecords(), [written(rows)]).map((record) => 'value' in record && record.value)).toEqual(rows)));
  });
});

describe('a record beyond the bound', () => {
  const long = 'x'.repeat(LONGEST_RECORD);
  it.each([[100_000], [3_000_000]])('is broken, and what follows is read, in pieces of %p', (size) => {
    const text = `a\n${long}\n${long}y\n"${long}\nb"\n${long}${long}${long}\nc,"d`;
    const pieces = cut(text, Array.from({ length: Math.floor(text.length / size) }, (_, i) => (i + 1) * size));
    expect(told(readAll(csvRecords(), pieces)).map(([line, value]) => [line, Array.isArray(value) ? value[0]?.slice(0, 3) : value])).toEqual([
      [1, 'a'], [2, 'xxx'], [3, 'broken'], [4, 'broken'], [5, 'b"'], [6, 'broken'], [7, 'broken'],
    ]);
  });
});

describe('NDJSON', () => {
  const json = (text: string) => told(readAll(jsonRecords(), [text]));
  it('reads an object a line', () => expect(json('{"a":1}\r\n\n{"a":"é"}')).toEqual([[1, { a: 1 }], [3, { a: 'é' }]]));
  it.each(['{"a":', '[1]', '7', 'null', '{"a":1}{'])('tells %s as broken and goes on', (line) => expect(json(`${line}\n{}`)).toEqual([[1, 'broken'], [2, {}]]));
  it('keeps every digit of a long number', () => expect(json('{"a":12345678901234567.89,"b":0.1}')).toEqual([[1, { a: { text: '12345678901234567.89' }, b: 0.1 }]]));
  it('gives the same records wherever the text is cut', () =>
    fc.assert(fc.property(fc.array(fc.constantFrom('{"a":1}', '{"é":"\\n"}', '\n', '\n', '\r\n', '{', ' ')).map((parts) => parts.join('')), cutPlaces, (whole, places) =>
      expect(readAll(jsonRecords(), cut(whole, places))).toEqual(readAll(jsonRecords(), [whole])))));
});
