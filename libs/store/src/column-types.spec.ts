import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatDecimal, type Decimal } from '@touchpoint/kernel';
import { elementsOf } from './copied.fixture.ts';
import { arrayOf } from './column-types.ts';

/** As Postgres prints what it took. */
const numericText = (bytes: Buffer): string => {
  const [count, weight, sign, scale] = [0, 2, 4, 6].map((at) => bytes.readInt16BE(at)) as [number, number, number, number];
  const digit = (place: number) => String(weight - place >= 0 && weight - place < count ? bytes.readInt16BE(8 + 2 * (weight - place)) : 0).padStart(4, '0');
  const whole = Array.from({ length: Math.max(weight, 0) + 1 }, (_, i) => digit(Math.max(weight, 0) - i)).join('').replace(/^0+(?=.)/, '');
  const behind = [-1, -2].map(digit).join('').slice(0, scale);
  return `${sign === 0x4000 ? '-' : ''}${whole}${scale > 0 ? `.${behind}` : ''}`;
};

describe('an array', () => {
  it('names its type and says how many elements it has', () => {
    expect([...arrayOf(['a', null], 'text').subarray(0, 20)]).toEqual([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1]);
    expect(arrayOf([], 'day').readInt32BE(12)).toBe(0);
  });
  it.each([
    ['text', ['a', '', 'NULL', 'x\0y'], ['a', '', 'NULL', 'x\uFFFDy']],
    ['json', [{ a: '"' }, [], 'x\0\ud800', '\\u0000'], ['\u0001{"a":"\\""}', '\u0001[]', '\u0001"x\\ufffd\\ufffd"', '\u0001"\\\\u0000"']],
  ] as const)('of %s', (type, values, texts) => expect(elementsOf(arrayOf(values, type)).map((bytes) => bytes?.toString())).toEqual(texts));
  it.each([
    ['uuid', ['00000000-0000-4000-8000-00000000000g', '00000000-0000-4000-8000-0000000000', '', '00000000-0000-4000-8000-0000000000000', '@0000000-0000-4000-8000-000000000000']],
    ['integer', [2 ** 31, -(2 ** 31) - 1, 1.5, Number.NaN]],
    ['bigint', [2 ** 63, Number.NaN, 0.5]],
    ['instant', [8.64e15 + 1, -210_866_803_200_001, Number.NaN]],
    ['day', ['+144000-01', 'nonsense', '']],
  ] as const)('refuses what is no %s, before it is stored as another one or fails with all beside it', (type, values) => {
    for (const value of values) expect(() => arrayOf([value], type)).toThrow(expect.objectContaining({ kind: 'InvalidMessage', code: 'STORE.UNFIT' }));
  });
  it('takes uuids and instants to their ends', () => {
    expect(elementsOf(arrayOf(['ABCDEFab-cdef-0123-4567-89abcdef0000', 'abcdefabcdef0123456789abcdef0000'], 'uuid')).map((bytes) => bytes!.toString('hex'))).toEqual(Array(2).fill('abcdefabcdef0123456789abcdef0000'));
    expect(() => arrayOf([8.64e15, -210_866_803_200_000, 0.5], 'instant')).not.toThrow();
  });
  it('holds nothing where there is nothing', () => expect(elementsOf(arrayOf([null, undefined, true], 'boolean'))).toEqual([null, null, Buffer.of(1)]));
  it('of decimals holds each exactly', () =>
    fc.assert(fc.property(fc.bigInt(-(10n ** 37n), 10n ** 37n), fc.nat(12), (large, zeros) => {
      const value = large / 10n ** BigInt(zeros * 3);
      expect(numericText(elementsOf(arrayOf([value as Decimal], 'numeric'))[0]!)).toBe(formatDecimal(value as Decimal));
    })));
});
