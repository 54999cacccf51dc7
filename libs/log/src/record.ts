import type { Instant } from '@touchpoint/kernel';

export type Headers = Readonly<Record<string, Buffer>>;
/** A record as it lies on the log. Offsets are safe integers: 2⁵³ records a partition are enough. */
export type LogRecord = Readonly<{ offset: number; key: string; timestamp: Instant; value: Buffer; headers: Headers }>;
/** A record to append; the partition is chosen by the caller, never by the client. */
export type OutRecord = Readonly<{ topic: string; partition: number; key: string; value: Buffer; headers: Headers }>;

/** Header names. See docs/architecture.md. */
export const META = 'meta';
export const TYPE = 'type';
export const ORIGIN = 'origin';
export const TRACEPARENT = 'traceparent';

/** Who sent a record and as which of its sends to that partition: a reader drops seq ≤ last, takes last + 1, and stops at anything else. */
export type Origin = Readonly<{ name: string; seq: number }>;

/** The origin's name: a consumer and its version, the source partition it reads, and the incarnation that a restore raises. */
export const originName = (consumer: string, version: number, topic: string, partition: number, incarnation: number): string =>
  `${consumer}.${version}/${topic}/${partition}/${incarnation}`;

export const encodeOrigin = (name: string, seq: number): Buffer => {
  const header = Buffer.allocUnsafe(8 + name.length);
  header.writeBigUInt64BE(BigInt(seq), 0);
  header.write(name, 8, 'latin1');
  return header;
};

/** @returns undefined when the header is not of our making. */
export const decodeOrigin = (header: Buffer | undefined): Origin | undefined => {
  if (!header || header.length <= 8) return undefined;
  const seq = header.readUInt32BE(0) * 2 ** 32 + header.readUInt32BE(4);
  return Number.isSafeInteger(seq) ? { seq, name: header.toString('latin1', 8) } : undefined;
};

/** What the broker refuses above `max.message.bytes` (1 MB by default), with room for the record's frame: checked before a commit, so whatever is committed can be sent. */
export const MAX_RECORD_BYTES = 900_000;
export const recordBytes = (record: OutRecord): number => {
  let bytes = record.value.length + record.key.length * 3 + 64;
  for (const name in record.headers) bytes += name.length + record.headers[name]!.length + 8;
  return bytes;
};
