import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { packRecords, unpackRecords } from './packed.ts';
import { recordBytes, type OutRecord } from './record.ts';
import { Writer } from './protocol/writer.ts';
import { BATCH_OVERHEAD, writeBatch } from './protocol/record-batch.ts';
import { frame, unframe } from './wire.ts';

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const name = fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }).filter((text) => text !== '__proto__');
export const anyRecord = fc.record({ topic: fc.constantFrom('t', 'customers.timeline'), partition: fc.nat(100), key: fc.string({ unit: 'binary', maxLength: 60 }), value: bytes, headers: fc.dictionary(name, bytes, { maxKeys: 6, noNullPrototype: true }) }) as fc.Arbitrary<OutRecord>;

describe('records in a database row', () => {
  it('come out as they went in', () => fc.assert(fc.property(fc.array(anyRecord, { maxLength: 5 }), (records) => expect(unpackRecords(packRecords(records))).toEqual(records))));
  it('of a version that this build does not know are refused', () => expect(() => unpackRecords(Buffer.from([2, 0]))).toThrow('packed records of version 2'));
  it('that are cut off are refused', () => {
    const packed = packRecords([{ topic: 't', partition: 0, key: 'k', value: Buffer.alloc(50), headers: {} }]);
    expect(() => unpackRecords(packed.subarray(0, packed.length - 10))).toThrow();
  });
});

describe('the size of a record', () => {
  it('is never less than what it takes on the wire', () =>
    fc.assert(fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 20 }), (records) => {
      const to = new Writer(Buffer.alloc(1_000_000), 0);
      writeBatch(to, records, 0);
      expect(to.at - BATCH_OVERHEAD).toBeLessThanOrEqual(records.reduce((sum, record) => sum + recordBytes(record), 0));
    })));
});

describe('the wire format', () => {
  it('carries a body under a schema id', () => fc.assert(fc.property(fc.integer({ min: 0, max: 0xffffffff }), bytes, (schemaId, body) => expect(unframe(frame(schemaId, body))).toEqual({ schemaId, body }))));
  it.each([[Buffer.alloc(0)], [Buffer.from([0, 0, 0, 1])], [Buffer.from([1, 0, 0, 0, 1, 9])]])('is not %p', (value) => expect(unframe(value)).toBeUndefined());
});
