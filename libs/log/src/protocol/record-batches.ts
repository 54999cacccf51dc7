import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { Instant } from '@touchpoint/kernel';
import type { Headers, LogRecord } from '../record.ts';
import { Reader } from './reader.ts';

const COMPRESSION = 0x07;
const APPEND_TIME = 0x08;
const CONTROL = 0x20;
/** From a batch's beginning to its length's end. */
const LENGTH_END = 12;
/** From a batch's beginning to the end of the difference between its first and last offset. */
const LAST_DELTA_END = 27;
const UNPACK: Readonly<Record<number, (bytes: Buffer) => Buffer>> = { 1: gunzipSync, 4: zstdDecompressSync };

const names = new Map<number, Readonly<{ bytes: Uint8Array; name: string }>>();
/** One string per header name or type, found by its bytes: making it anew would cost as much as all the rest of a header. */
const textAt = (buffer: Buffer, at: number, length: number): string => {
  const slot = length * 65_536 + buffer[at]! * 256 + buffer[at + length - 1]!;
  const known = names.get(slot);
  if (known && sameBytes(known.bytes, buffer, at)) return known.name;
  const bytes = Uint8Array.prototype.slice.call(buffer, at, at + length);
  const name = buffer.toString('utf8', at, at + length);
  if (!known && names.size < 1_000) names.set(slot, { bytes, name });
  return name;
};
const sameBytes = (bytes: Uint8Array, buffer: Buffer, at: number): boolean => {
  for (let i = 0; i < bytes.length; i += 1) if (bytes[i] !== buffer[at + i]) return false;
  return true;
};

/**
 * The records from an offset on (and up to another) in what a fetch gave. A batch that was cut off by the fetch's limit is left out; markers of transactions are, too.
 * Values and headers are views of `bytes`, made when they are asked for.
 * @throws Error for a batch of another format or a compression that we cannot read.
 */
export const readBatches = (bytes: Buffer, fromOffset: number, toOffset = Infinity): LogRecord[] => {
  const records: LogRecord[] = [];
  const from = new Reader(bytes);
  while (from.left > LENGTH_END) {
    const baseOffset = from.int64();
    const length = from.int32();
    const end = from.at + length;
    if (length <= 0) throw new RangeError(`the batch at offset ${baseOffset} says that it is ${length} bytes long`);
    if (end > bytes.length || baseOffset > toOffset) break;
    from.skip(4); // leader epoch
    const magic = from.int8();
    if (magic !== 2) throw new Error(`a record batch of format ${magic} lies at offset ${baseOffset}; this reader knows format 2`);
    from.skip(4); // checksum: looked at by the broker
    const attributes = from.int16();
    const lastDelta = from.int32();
    if (!(attributes & CONTROL) && baseOffset + lastDelta >= fromOffset) readBatch(from, end, { baseOffset, attributes, fromOffset, toOffset }, records);
    from.at = end;
  }
  return records;
};

/** The last offset of the whole batches in what a fetch gave, if it is not before the one asked for. Of a damaged batch nothing more is said: reading it throws. */
export const lastOffset = (bytes: Buffer, fromOffset: number): number | undefined => {
  let last: number | undefined;
  for (let at = 0; at + LAST_DELTA_END <= bytes.length; ) {
    const baseOffset = bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
    const length = bytes.readInt32BE(at + 8);
    const end = at + LENGTH_END + length;
    if (length <= 0) return last ?? fromOffset;
    if (end > bytes.length) break;
    const offset = baseOffset + bytes.readInt32BE(at + 23);
    if (offset >= fromOffset) last = offset;
    at = end;
  }
  return last;
};

/** A record as the bytes it came in. What is asked for is read each time anew: a batch of many thousands is held without their objects. */
class BatchRecord implements LogRecord {
  readonly offset: number;
  readonly timestamp: Instant;
  readonly size: number;
  readonly #bytes: Buffer;
  readonly #keyAt: number;
  readonly #keyEnd: number;
  readonly #valueAt: number;
  readonly #valueEnd: number;

  /** @param reader stands at the record's key */
  constructor(offset: number, timestamp: Instant, size: number, reader: Reader) {
    this.offset = offset;
    this.timestamp = timestamp;
    this.size = size;
    this.#bytes = reader.buffer;
    const keyLength = reader.varint();
    this.#keyAt = reader.at;
    this.#keyEnd = reader.at + Math.max(keyLength, 0);
    reader.at = this.#keyEnd;
    const valueLength = reader.varint();
    this.#valueAt = reader.at;
    this.#valueEnd = reader.at + Math.max(valueLength, 0);
    if (this.#valueEnd > reader.buffer.length) throw new RangeError('a record runs past the end');
  }

  get key(): string {
    return this.#bytes.toString('utf8', this.#keyAt, this.#keyEnd);
  }

  get value(): Buffer {
    return this.#bytes.subarray(this.#valueAt, this.#valueEnd);
  }

  get headers(): Headers {
    return readHeaders(new Reader(this.#bytes, this.#valueEnd));
  }

  header(name: string): Buffer | undefined {
    const reader = new Reader(this.#bytes, this.#valueEnd);
    const size = findHeader(reader, name);
    return size === undefined ? undefined : reader.bytes(size);
  }

  headerText(name: string): string | undefined {
    const reader = new Reader(this.#bytes, this.#valueEnd);
    const size = findHeader(reader, name);
    return size === undefined ? undefined : textAt(this.#bytes, reader.at, size);
  }
}

/** Puts the reader at a header's value. @returns its size */
const findHeader = (reader: Reader, name: string): number | undefined => {
  let found: number | undefined;
  let foundAt = 0;
  for (let count = reader.varint(); count > 0; count -= 1) {
    const length = reader.varint();
    const there = textAt(reader.buffer, reader.at, length);
    reader.skip(length);
    const size = Math.max(reader.varint(), 0);
    // Of two that have one name the later counts, as in `headers`.
    if (there === name) [found, foundAt] = [size, reader.at];
    reader.skip(size);
  }
  reader.at = foundAt;
  return found;
};

type BatchHead = Readonly<{ baseOffset: number; attributes: number; fromOffset: number; toOffset: number }>;
const readBatch = (from: Reader, end: number, { baseOffset, attributes, fromOffset, toOffset }: BatchHead, records: LogRecord[]): void => {
  const baseTime = from.int64();
  const maxTime = from.int64();
  from.skip(14); // producer id, epoch, sequence
  const count = from.int32();
  const appendTime = (attributes & APPEND_TIME) !== 0;
  const reader = uncompressed(from, end, attributes & COMPRESSION, baseOffset);
  for (let i = 0; i < count; i += 1) {
    const size = reader.varint();
    if (size <= 0) throw new RangeError(`record ${i} of the batch at offset ${baseOffset} says that it is ${size} bytes long`);
    const next = reader.at + size;
    reader.skip(1);
    const timeDelta = reader.varint();
    const offset = baseOffset + reader.varint();
    if (offset > toOffset) return;
    if (next > reader.buffer.length) throw new RangeError(`record ${i} of the batch at offset ${baseOffset} runs past the end`);
    if (offset >= fromOffset) records.push(new BatchRecord(offset, appendTime ? maxTime : baseTime + timeDelta, size, reader));
    reader.at = next;
  }
};

const uncompressed = (from: Reader, end: number, compression: number, baseOffset: number): Reader => {
  if (compression === 0) return from;
  const unpack = UNPACK[compression];
  if (!unpack) throw new Error(`the batch at offset ${baseOffset} has compression ${compression}; this reader knows none, gzip (1) and zstd (4)`);
  return new Reader(unpack(from.bytes(end - from.at)));
};

const readHeaders = (reader: Reader): Headers => {
  const headers: Record<string, Buffer> = {};
  for (let count = reader.varint(); count > 0; count -= 1) {
    const length = reader.varint();
    const name = textAt(reader.buffer, reader.at, length);
    reader.skip(length);
    const value = reader.bytes(reader.varint());
    // Assigned, it would not be a header, but what all of them inherit from.
    if (name !== '__proto__') headers[name] = value;
  }
  return headers;
};
