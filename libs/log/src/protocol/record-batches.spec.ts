import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createRequire } from 'node:module';
import { types } from 'node:util';
import { gzipSync } from 'node:zlib';
import { crc32c } from './crc32c.ts';
import { Reader } from './reader.ts';
import { writeBatch } from './record-batch.ts';
import { readBatches } from './record-batches.ts';
import { varintSize, Writer } from './writer.ts';
import { recordBytes, type OutRecord } from '../record.ts';

const require = createRequire(import.meta.url);
type KafkajsRecord = { key: Buffer; value: Buffer; offset: string; timestamp: string; headers: Record<string, Buffer> };
const kafkajsDecode = require('kafkajs/src/protocol/recordBatch/v0/decoder') as (decoder: unknown) => Promise<{ records: KafkajsRecord[] }>;
const KafkajsDecoder = require('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => unknown;
const kafkajsCrc = require('kafkajs/src/protocol/recordBatch/crc32C') as (bytes: Buffer) => number;
const kafkajsBatch = (require('kafkajs/src/protocol/recordBatch/v0') as { RecordBatch: (batch: object) => Promise<{ buffer: Buffer }> }).RecordBatch;
const kafkajsRecord = require('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => unknown;

const NOW = 1_700_000_000_123;
const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));
// Names that every object has are no header names: kafkajs reads `valueOf` as one that came twice.
const text = (maxLength: number) => fc.string({ unit: 'binary', maxLength }).filter((value) => !(value in {}));
const records = fc.array(fc.record({ topic: fc.constant('t'), partition: fc.constant(0), key: text(90), value: bytes, headers: fc.dictionary(text(12), bytes, { maxKeys: 5, noNullPrototype: true }) }), { minLength: 1, maxLength: 40 }) as fc.Arbitrary<OutRecord[]>;
const written = (list: readonly OutRecord[], baseOffset = 0): Buffer => {
  const to = new Writer(Buffer.alloc(200_000), 0);
  writeBatch(to, list, NOW);
  const batch = Buffer.from(to.buffer.subarray(0, to.at));
  batch.writeBigInt64BE(BigInt(baseOffset), 0);
  return batch;
};
const shown = ({ key, value, headers }: OutRecord) => ({ key, value, headers });

describe('a record batch', () => {
  it('is read by kafkajs as it was written here', () =>
    fc.assert(fc.asyncProperty(records, async (list) => {
      const batch = written(list);
      const read = await kafkajsDecode(new KafkajsDecoder(batch));
      expect(read.records.map(({ key, value, headers }) => ({ key: key.toString(), value, headers }))).toEqual(list.map(shown));
      expect(read.records.map(({ offset, timestamp }) => [offset, timestamp])).toEqual(list.map((_, i) => [String(i), String(NOW)]));
      expect(batch.readUInt32BE(17)).toBe(kafkajsCrc(batch.subarray(21)) >>> 0);
    }), { numRuns: 50 }));

  it('is read here whatever its headers are called: one that would change what an object is, is left out', () => {
    const headers = { meta: Buffer.of(1), ['__proto__']: Buffer.from('a stranger'), constructor: Buffer.of(2) };
    const [record] = readBatches(written([{ topic: 't', partition: 0, key: 'k', value: Buffer.of(3), headers }]), 0);
    expect([Object.getPrototypeOf(record!.headers), Object.keys(record!.headers), record!.header!('constructor')]).toEqual([Object.prototype, ['meta', 'constructor'], Buffer.of(2)]);
    // As it is parked.
    expect(recordBytes({ key: record!.key, value: record!.value, headers: record!.headers })).toBeGreaterThan(0);
  });

  it('is read here as it was written here, from any offset to any other', () =>
    fc.assert(fc.property(records, fc.nat(2 ** 40), fc.nat(50), fc.nat(50), (list, base, from, to) => {
      const read = readBatches(written(list, base), base + from, base + to);
      expect(read.map(({ offset, timestamp }) => [offset, timestamp])).toEqual(list.map((_, i) => [base + i, NOW]).filter((_, i) => i >= from && i <= to));
      expect(read.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(list.slice(from, to + 1).map(shown));
      for (const record of read) for (const [name, bytes] of Object.entries(record.headers)) expect(record.header!(name)).toEqual(bytes);
      expect(read.every((record) => record.header!('none of them') === undefined)).toBe(true);
    }), { numRuns: 50 }));

  it('of kafkajs is read here, each record with its own time', () =>
    fc.assert(fc.asyncProperty(fc.array(fc.record({ key: fc.option(text(20)), value: fc.option(bytes), at: fc.nat(10_000) }), { minLength: 1, maxLength: 10 }), async (list) => {
      const batch = await kafkajsBatch({
        firstTimestamp: NOW, maxTimestamp: NOW, lastOffsetDelta: list.length - 1,
        records: list.map(({ key, value, at }, offsetDelta) => kafkajsRecord({ key, value, headers: { h: 'x' }, offsetDelta, timestampDelta: at })),
      });
      expect(readBatches(batch.buffer, 0).map(({ offset, key, timestamp, value, headers }) => ({ offset, key, timestamp, value, headers }))).toEqual(list.map(({ key, value, at }, offset) => ({ offset, key: key ?? '', timestamp: NOW + at, value: value ?? Buffer.alloc(0), headers: { h: Buffer.from('x') } })));
    }), { numRuns: 50 }));

  const three = [0, 1, 2].map((n): OutRecord => ({ topic: 't', partition: 0, key: `k${n}`, value: Buffer.from(String(n)), headers: {} }));
  it('that was cut off by a fetch is left out', () => {
    const both = Buffer.concat([written(three), written(three, 3)]);
    for (const cut of [1, 30, 61, 62]) expect(readBatches(both.subarray(0, both.length - cut), 0)).toHaveLength(3);
    expect(readBatches(both, 2)).toHaveLength(4);
    expect(readBatches(Buffer.alloc(0), 0)).toEqual([]);
  });
  it('under the broker\'s clock has one time', () => {
    const batch = written(three);
    batch.writeInt16BE(0x08, 21);
    batch.writeBigInt64BE(BigInt(NOW + 5_000), 35);
    expect(readBatches(batch, 0).map(({ timestamp }) => timestamp)).toEqual([NOW + 5_000, NOW + 5_000, NOW + 5_000]);
  });
  it('that marks the end of a transaction holds no record', () => {
    const marker = written(three.slice(0, 1), 3);
    marker.writeInt16BE(0x20 | 0x10, 21);
    expect(readBatches(Buffer.concat([written(three), marker, written(three, 4)]), 0).map(({ offset }) => offset)).toEqual([0, 1, 2, 4, 5, 6]);
  });
  it('is unpacked where it was compressed, and refused where we cannot', () => {
    const plain = written(three);
    const packed = (kind: number) => {
      const body = gzipSync(plain.subarray(61));
      const batch = Buffer.concat([plain.subarray(0, 61), body]);
      batch.writeInt32BE(batch.length - 12, 8);
      batch.writeInt16BE(kind, 21);
      return batch;
    };
    expect(readBatches(packed(1), 1).map(({ key }) => key)).toEqual(['k1', 'k2']);
    expect(() => readBatches(packed(2), 0)).toThrow('the batch at offset 0 has compression 2');
  });
  it('that says it ends before it begins is an error', () => {
    const batch = written(three);
    batch.writeInt32BE(-12, 8);
    expect(() => readBatches(batch, 0)).toThrow('the batch at offset 0 says that it is -12 bytes long');
  });
  it('of another format is refused', () => {
    const batch = written(three);
    batch[16] = 1;
    expect(() => readBatches(batch, 0)).toThrow('a record batch of format 1');
  });
  it('that is damaged is an error, never an endless loop', () =>
    fc.assert(fc.property(records, fc.nat(5_000), fc.nat(255), (list, at, byte) => {
      const batch = written(list.slice(0, 5));
      batch[at % batch.length] = byte;
      try {
        expect(readBatches(batch, 0).length).toBeLessThanOrEqual(10_000);
      } catch (error) {
        expect(types.isNativeError(error)).toBe(true);
      }
    })));
});

describe('a varint', () => {
  it('is read as it was written, in as many bytes as were counted', () =>
    fc.assert(fc.property(fc.nat(2 ** 29), (value) => {
      const to = new Writer(Buffer.alloc(8), 0);
      to.varint(value);
      expect([new Reader(to.buffer).varint(), to.at]).toEqual([value, varintSize(value)]);
    })));
  it.each([[[0x01], -1], [[0x03], -2], [[0xff, 0x01], -128], [[0xfe, 0xff, 0xff, 0xff, 0xff, 0x01], 2 ** 35 - 1], [[0x80, 0x80, 0x80, 0x80, 0x80, 0x01], 2 ** 34]])('%p is %i', (encoded, value) =>
    expect(new Reader(Buffer.from(encoded)).varint()).toBe(value));
});

describe('the checksum', () => {
  it('is that of Castagnoli, for any part of any bytes', () =>
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(40), (array, start) => {
      const buffer = Buffer.from(array);
      const from = Math.min(start, buffer.length);
      expect(crc32c(buffer, from) >>> 0).toBe(kafkajsCrc(buffer.subarray(from)) >>> 0);
    })));
  it('is the published one', () => expect((crc32c(Buffer.from('123456789')) >>> 0).toString(16)).toBe('e3069283'));
});
