import { describe, expect, it } from '@jest/globals';
import { BadCell, cellReader } from './cells.ts';
import type { Column } from './mapping.ts';
import { timeReader } from './time-format.ts';
import { namedZone } from './zone.ts';

type PlainColumn = Parameters<typeof cellReader>[0];
const cell = (column: Partial<Column> & Pick<PlainColumn, 'type'>, raw: unknown) => {
  const read = cellReader(column as PlainColumn)(raw);
  return read instanceof BadCell ? 'bad' : read;
};

describe('a cell', () => {
  it.each<[Partial<Column> & Pick<PlainColumn, 'type'>, unknown, unknown]>([
    [{ type: 'text' }, '  a b ', 'a b'],
    [{ type: 'text' }, 42, '42'],
    [{ type: 'text' }, { a: 1 }, 'bad'],
    [{ type: 'text' }, ' ', 'bad'],
    [{ type: 'text', optional: true }, '', null],
    [{ type: 'text', optional: true, empty: ['NULL'] }, 'NULL', null],
    [{ type: 'text', empty: ['NULL'] }, 'NULL', 'bad'],
    [{ type: 'decimal' }, '-2.550', -2_550_000n],
    [{ type: 'decimal' }, 2.55, 2_550_000n],
    [{ type: 'decimal' }, '1e-6', 1n],
    [{ type: 'decimal' }, '1.5E+03', 1_500_000_000n],
    [{ type: 'decimal' }, 1e21, 10n ** 27n],
    [{ type: 'decimal' }, '0.0000001', 'bad'],
    [{ type: 'decimal' }, '2,5', 'bad'],
    [{ type: 'decimal' }, '£2', 'bad'],
    [{ type: 'decimal', decimalSign: ',', thousands: '.' }, '1.234,5', 1_234_500_000n],
    [{ type: 'decimal', decimalSign: ',' }, '1.5', 'bad'],
    [{ type: 'whole' }, '17', 17],
    [{ type: 'whole' }, '1.5', 'bad'],
    [{ type: 'whole' }, '9007199254740993', 'bad'],
    [{ type: 'boolean' }, 'Yes', true],
    [{ type: 'boolean' }, false, false],
    [{ type: 'boolean', true: ['j'], false: ['n'] }, 'yes', 'bad'],
    [{ type: 'time' }, '2010-12-01T08:26:00Z', Date.UTC(2010, 11, 1, 8, 26)],
    [{ type: 'time' }, '2010-12-01T08:26:00.123456+01:00', Date.UTC(2010, 11, 1, 7, 26, 0, 123)],
    [{ type: 'time' }, '2010-12-01 08:26', 'bad'],
    [{ type: 'time', zone: 'UTC' }, '2010-12-01', Date.UTC(2010, 11, 1)],
    [{ type: 'time', zone: 'UTC' }, '2010-02-30', 'bad'],
    [{ type: 'time', format: 'seconds' }, 1_291_192_000.5, 1_291_192_000_500],
    [{ type: 'time', format: 'milliseconds' }, '1291192000000', 1_291_192_000_000],
    [{ type: 'time', format: 'seconds' }, '2010', 2_010_000],
  ])('of %j reads %p as %p', (column, raw, expected) => expect(cell(column, raw)).toBe(expected));

  it('is read the same again', () => {
    const read = cellReader({ type: 'decimal' });
    for (let i = 0; i < 20_000; i++) expect(read(String(i % 9_000))).toBe(BigInt(i % 9_000) * 1_000_000n);
  });
});

describe('a pattern of a time', () => {
  const at = (format: string, text: string, zone = 'UTC') => {
    const read = timeReader(format, zone === 'UTC' ? { minutes: 0 } : namedZone(zone));
    const found = read?.(text);
    return found === undefined ? undefined : new Date(found).toISOString().slice(0, 19);
  };
  it.each([
    ['M/D/YYYY H:mm', '12/1/2010 8:26', 'UTC', '2010-12-01T08:26:00'],
    ['DD.MM.YY', '01.02.69', 'UTC', '2069-02-01T00:00:00'],
    ['YYYYMMDDHHmmss', '20101201082600', 'UTC', '2010-12-01T08:26:00'],
    ['MM/DD/YYYY hh:mm:ss A', '12/01/2010 12:05:09 AM', 'UTC', '2010-12-01T00:05:09'],
    ['DD.MM.YYYY HH:mm', '01.07.2025 12:00', 'Europe/Zurich', '2025-07-01T10:00:00'],
    ['DD.MM.YYYY HH:mm', '01.12.2025 12:00', 'Europe/Zurich', '2025-12-01T11:00:00'],
    // The clock goes from 2 to 3 in March, and from 3 to 2 in October.
    ['DD.MM.YYYY HH:mm', '30.03.2025 01:59', 'Europe/Zurich', '2025-03-30T00:59:00'],
    ['DD.MM.YYYY HH:mm', '30.03.2025 03:00', 'Europe/Zurich', '2025-03-30T01:00:00'],
    ['DD.MM.YYYY HH:mm', '30.03.2025 02:30', 'Europe/Zurich', '2025-03-30T01:30:00'],
    ['DD.MM.YYYY HH:mm', '26.10.2025 02:30', 'Europe/Zurich', '2025-10-26T00:30:00'],
    ['DD.MM.YYYY HH:mm', '26.10.2025 03:00', 'Europe/Zurich', '2025-10-26T02:00:00'],
  ])('%s reads %s (%s) as %s', (format, text, zone, expected) => expect(at(format, text, zone)).toBe(expected));
  it.each([['M/D/YYYY', '13/1/2010'], ['M/D/YYYY', '2/29/2011'], ['D.M.YYYY H', '1.1.2011 24'], ['D.M.YYYY h A', '1.1.2011 13 PM'], ['M/D/YYYY', '1/1/2010 x'], ['D.M.YYYY', '1x1x2011']])('%s refuses %s', (format, text) =>
    expect(at(format, text)).toBeUndefined());
  it.each(['M/D', 'YYYY-MM-DD MM', 'D.M.YYYY h', 'whenever'])('there is no form %s', (format) => expect(timeReader(format, { minutes: 0 })).toBeUndefined());
  it('no zone has a name that nobody knows', () => expect(namedZone('Europe/Atlantis')).toBeUndefined());
});
