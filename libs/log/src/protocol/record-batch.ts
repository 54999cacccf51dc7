import type { Instant } from '@touchpoint/kernel';
import type { OutRecord } from '../record.ts';
import { crc32c } from './crc32c.ts';
import { varintSize, type Writer } from './writer.ts';

/** Bytes of a batch before its first record. */
export const BATCH_OVERHEAD = 61;
const MAGIC = 2;

const names = new Map<string, Uint8Array>();
/** Header names are few and always the same. */
const nameBytes = (name: string): Uint8Array => {
  let bytes = names.get(name);
  if (!bytes) {
    bytes = new TextEncoder().encode(name);
    if (names.size < 1_000) names.set(name, bytes);
  }
  return bytes;
};

/**
 * Writes one record batch (format 2, not compressed, no producer id): what a partition gets in one produce request, in order. The broker takes it whole or not
 * at all, and gives it its time.
 */
export const writeBatch = (to: Writer, records: readonly OutRecord[], now: Instant): void => {
  const start = to.at;
  to.int64(0); // base offset: the broker's
  to.int32(0); // length: below
  to.int32(-1);
  to.int8(MAGIC);
  to.int32(0); // checksum: below
  const body = to.at;
  to.int16(0);
  to.int32(records.length - 1);
  to.int64(now);
  to.int64(now);
  to.int64(-1);
  to.int16(-1);
  to.int32(-1);
  to.int32(records.length);
  for (let i = 0; i < records.length; i += 1) writeRecord(to, records[i]!, i);
  to.buffer.writeInt32BE(to.at - start - 12, start + 8);
  to.buffer.writeInt32BE(crc32c(to.buffer, body, to.at), body - 4);
};

const writeRecord = (to: Writer, { key, value, headers }: OutRecord, index: number): void => {
  const keyLength = Buffer.byteLength(key, 'utf8');
  let count = 0;
  let size = 2 + varintSize(index) + varintSize(keyLength) + keyLength + varintSize(value.length) + value.length;
  for (const name in headers) {
    const nameLength = nameBytes(name).length;
    const { length } = headers[name]!;
    size += varintSize(nameLength) + nameLength + varintSize(length) + length;
    count += 1;
  }
  to.varint(size + varintSize(count));
  to.int8(0);
  to.int8(0); // time: that of the batch
  to.varint(index);
  to.varint(keyLength);
  to.at += to.buffer.write(key, to.at, 'utf8');
  to.varint(value.length);
  to.bytes(value);
  to.varint(count);
  for (const name in headers) {
    const bytes = nameBytes(name);
    const header = headers[name]!;
    to.varint(bytes.length);
    to.bytes(bytes);
    to.varint(header.length);
    to.bytes(header);
  }
};
