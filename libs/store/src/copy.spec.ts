import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fieldsOf } from './copied.fixture.ts';
import { CopyRows } from './copy.ts';

const UUID = '0123abcd-4567-89ef-8123-00ff10a0b0c0';
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
