import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AddedRows } from './added-rows.ts';
import { CopyRows } from './copy.ts';

const UUID = '0123abcd-4567-89ef-8123-00ff10a0b0c0';
/** The fields of each row, read as Postgres reads them. */
const fieldsOf = (rows: CopyRows): readonly (readonly (Buffer | null)[])[] => {
  const bytes = rows.end();
  expect(bytes.subarray(0, 19).toString('latin1')).toBe('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0');
  const found: (Buffer | null)[][] = [];
  let at = 19;
  for (let count = bytes.readInt16BE(at); count >= 0; count = bytes.readInt16BE(at)) {
    at += 2;
    found.push(Array.from({ length: count }, () => {
      const length = bytes.readInt32BE(at);
      at += 4 + Math.max(length, 0);
      return length < 0 ? null : bytes.subarray(at - length, at);
    }));
  }
  expect(at + 2).toBe(bytes.length);
  return found;
};

describe('rows to copy', () => {
  it('hold each value in its binary form, however often they outgrow their buffer', () =>
    fc.assert(fc.property(fc.array(fc.record({ text: fc.string({ unit: 'binary', maxLength: 60 }), number: fc.maxSafeInteger(), small: fc.integer(), bytes: fc.uint8Array({ maxLength: 300 }), yes: fc.boolean() }), { maxLength: 60 }), fc.nat(64), (list, size) => {
      const rows = new CopyRows(size);
      for (const { text, number, small, bytes, yes } of list) {
        rows.row(7);
        rows.uuid(UUID);
        rows.text(text);
        rows.bigint(number);
        rows.integer(small);
        rows.bytes(bytes);
        rows.boolean(yes);
        rows.null();
      }
      expect(fieldsOf(rows).map(([uuid, text, number, small, bytes, yes, none]) => [uuid!.toString('hex'), text!.toString(), Number(number!.readBigInt64BE()), small!.readInt32BE(), [...bytes!], yes![0] === 1, none])).toEqual(
        list.map(({ text, number, small, bytes, yes }) => [UUID.replaceAll('-', ''), Buffer.from(text.replaceAll('\0', '\uFFFD')).toString(), number, small, [...bytes], yes, null]),
      );
    })));
  it('count times and days from the year 2000', () => {
    const rows = new CopyRows();
    rows.row(4);
    rows.instant(Date.UTC(2000, 0, 1) + 5);
    rows.instant(Date.UTC(1999, 11, 31));
    rows.day('2000-01-02');
    rows.day('infinity');
    const [[after, before, day, never] = []] = fieldsOf(rows);
    expect([after!.readBigInt64BE(), before!.readBigInt64BE(), day!.readInt32BE(), never!.readInt32BE()]).toEqual([5_000n, -86_400_000_000n, 1, 0x7fffffff]);
  });
});

describe('rows that are added', () => {
  const made = () => new AddedRows((to, { row }) => {
    to.row(1);
    if (row['text'] === 'poison') throw new Error('poison');
    to.text(row['text'] as string);
  });
  const of = (customerId: string, text: string) => ({ at: { customerId, key: {} }, row: { text } });
  const texts = (rows: AddedRows) => fieldsOf(rows.ordered()).map(([text]) => text!.toString());
  it('are copied by customer, each customer\'s in the order in which they came', () => {
    const rows = made();
    for (const [customer, text] of [['b', '1'], ['a', '2'], ['b', '3'], ['a', '4']] as const) rows.add(of(customer, text));
    expect([rows.count, texts(rows)]).toEqual([4, ['2', '4', '1', '3']]);
  });
  it('are as before when the last is taken back, or could not be written', () => {
    const rows = made();
    rows.add(of('a', '1'));
    rows.add(of('b', '2'));
    rows.drop();
    expect(() => rows.add(of('a', 'poison'))).toThrow('poison');
    rows.add(of('a', '3'));
    expect([rows.count, texts(rows)]).toEqual([2, ['1', '3']]);
  });
});
