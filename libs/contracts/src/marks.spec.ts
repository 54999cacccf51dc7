import { describe, expect, it } from '@jest/globals';
import avro from 'avsc';
import fc from 'fast-check';
import { typeOf } from './marks.ts';

const schema = { type: 'bytes', logicalType: 'decimal', precision: 38, scale: 6 };
const decimal = typeOf(schema);
const raw = avro.Type.forSchema({ type: 'bytes' });
/** Two's complement, big endian, by the book. */
const reference = (value: bigint): string => {
  let length = 1;
  while (BigInt.asIntN(length * 8, value) !== value) length++;
  return BigInt.asUintN(length * 8, value).toString(16).padStart(length * 2, '0');
};
const powers = Array.from({ length: 120 }, (_, i) => 2n ** BigInt(i)).flatMap((power) => [power - 1n, power, -power, -power - 1n]);
const values = [...powers, 10n ** 38n - 1n, 1n - 10n ** 38n];

describe('when a decimal is written', () => {
  it('is the shortest two’s complement, which other Avro libraries read', () => {
    for (const value of values) expect((raw.fromBuffer(decimal.toBuffer(value)) as Buffer).toString('hex')).toBe(reference(value));
  });

  it('reads back as it was, through a buffer that is too small at first as well', () => {
    for (const value of values) expect(decimal.fromBuffer(decimal.toBuffer(value))).toBe(value);
    const many = typeOf({ type: 'array', items: schema });
    expect(many.fromBuffer(many.toBuffer(values))).toEqual(values);
  });

  it('reads longer forms of the same value', () => {
    for (const length of [1, 2, 3, 5, 7, 8, 9, 16]) {
      expect(decimal.fromBuffer(raw.toBuffer(Buffer.alloc(length, 0xff)))).toBe(-1n);
      expect(decimal.fromBuffer(raw.toBuffer(Buffer.concat([Buffer.alloc(length - 1), Buffer.of(5)])))).toBe(5n);
    }
  });

  it('refuses one that is longer than 38 digits can be', () => {
    expect(() => decimal.fromBuffer(raw.toBuffer(Buffer.alloc(17)))).toThrow();
  });
});

describe('when a text is written', () => {
  const schema = { type: 'array', items: 'string' };
  const [ours, plain] = [typeOf(schema), avro.Type.forSchema(schema as never)];
  const text = fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 60 }), fc.array(fc.constantFrom('a', '\x7f', '\x80', 'ü', 'ÿ', 'Ā', '߿', 'ࠀ', '😀')).map((parts) => parts.join('')), fc.integer({ min: 40, max: 70 }).map((length) => 'x'.repeat(length)));

  it('is what any Avro library writes, of whatever length and script', () => fc.assert(fc.property(fc.array(text), (texts) => expect(ours.toBuffer(texts)).toEqual(plain.toBuffer(texts)))));

  it('says how much room it lacks, and writes nothing behind the end', () =>
    fc.assert(fc.property(text, fc.nat(80), (one, size) => {
      const needed = plain.toBuffer([one]).length;
      const bytes = Buffer.alloc(100);
      expect(ours.encode([one], bytes.subarray(0, size), 0)).toBe(size >= needed ? needed : size - needed);
      expect(bytes.subarray(size).every((byte) => byte === 0)).toBe(true);
    })));

  it('refuses what is none', () => expect(() => typeOf('string').toBuffer(7)).toThrow('no string'));
});

describe('when a long is beyond what avsc writes rightly', () => {
  const long = typeOf({ type: 'record', name: 'T', fields: [{ name: 'at', type: ['null', { type: 'long', logicalType: 'timestamp-millis' }] }] });

  it.each([2 ** 52, -(2 ** 52) - 1, 0.5, Number.NaN, '1'])('refuses %p', (at) => {
    expect(() => long.toBuffer({ at })).toThrow('no long');
    expect(long.isValid({ at })).toBe(false);
  });

  it.each([2 ** 52 - 1, -(2 ** 52), 8.64e15 / 2])('takes %p', (at) => expect(long.fromBuffer(long.toBuffer({ at }))).toEqual({ at }));
});
