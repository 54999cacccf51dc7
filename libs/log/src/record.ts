import type { Instant } from '@touchpoint/kernel';

export type Headers = Readonly<Record<string, Buffer>>;
/** A record as it lies on the log. Offsets are safe integers: 2⁵³ records a partition are enough. */
export type LogRecord = Readonly<{
  offset: number; key: string; timestamp: Instant; value: Buffer; headers: Headers;
  /** Bytes that it takes, where that is known without looking into it. */
  size?: number;
  /** One of its headers, where that can be read without the others. */
  header?(name: string): Buffer | undefined;
  /** One of its headers as text, one string for all records that have it: of few values, such as the type. */
  headerText?(name: string): string | undefined;
}>;
/** One header of a record. */
export const headerOf = (record: LogRecord, name: string): Buffer | undefined => (record.header ? record.header(name) : record.headers[name]);
/** What a record is, such as OrderCompleted, as its header says. */
export const typeOf = (record: LogRecord): string | undefined => (record.headerText ? record.headerText(TYPE) : record.headers[TYPE]?.toString('latin1'));
/** A record to append; the partition is chosen by the caller, never by the client. */
export type OutRecord = Readonly<{ topic: string; partition: number; key: string; value: Buffer; headers: Headers; /** Bytes that it takes at most, where that is known without looking into it. */ size?: number }>;

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

/** What `originName` makes. A consumer that this build does not know may be a newer one's: it is none of the reader's business. */
const ORIGIN_NAME = /^[a-z][a-z0-9-]{0,63}\.\d{1,9}\/[A-Za-z0-9._-]{1,249}\/\d{1,9}\/\d{1,9}$/;
export const isOriginName = (name: string): boolean => ORIGIN_NAME.test(name);

export const encodeOrigin = (name: string, seq: number): Buffer => {
  if (name !== lastName) [lastName, lastBytes] = [name, Buffer.concat([Buffer.alloc(8), Buffer.from(name, 'latin1')])];
  const header = Buffer.allocUnsafe(lastBytes.length);
  header.set(lastBytes);
  header.writeUInt32BE(Math.floor(seq / 2 ** 32), 0);
  header.writeUInt32BE(seq >>> 0, 4);
  return header;
};
/** A process sends under few names, one after another. */
let lastName = '';
let lastBytes: Buffer = Buffer.alloc(8);

const known: { name: string; bytes: Buffer }[] = [];
/** One string per origin that writes to us: they are few, a partition has one per partition of its source. */
const nameOf = (header: Buffer): string => {
  for (let i = 0; i < known.length; i += 1) {
    const { name, bytes } = known[i]!;
    if (bytes.length !== header.length - 8 || header.compare(bytes, 0, bytes.length, 8) !== 0) continue;
    // What one origin sends lies together: the next record is mostly of the same.
    if (i > 0) [known[0], known[i]] = [known[i]!, known[0]!];
    return name;
  }
  const name = header.toString('latin1', 8);
  if (known.length < 64) known.push({ name, bytes: Buffer.from(name, 'latin1') });
  return name;
};

/** @returns undefined when the header is not of our making. */
export const decodeOrigin = (header: Buffer | undefined): Origin | undefined => {
  if (!header || header.length <= 8) return undefined;
  const seq = header.readUInt32BE(0) * 2 ** 32 + header.readUInt32BE(4);
  return Number.isSafeInteger(seq) ? { seq, name: nameOf(header) } : undefined;
};

/** What the broker refuses above `max.message.bytes` (1 MB by default), with room for the record's frame: checked before a commit, so whatever is committed can be sent. */
export const MAX_RECORD_BYTES = 900_000;
/** Most of a received record: it goes on to the timeline under a longer key and with an origin. What was taken in must fit there. */
export const MAX_RECEIVED_BYTES = MAX_RECORD_BYTES - 256;
export const recordBytes = (record: Pick<OutRecord, 'key' | 'value' | 'headers' | 'size'>): number => {
  if (record.size !== undefined) return record.size + 64;
  let bytes = record.value.length + record.key.length * 3 + 64;
  for (const name in record.headers) bytes += name.length + record.headers[name]!.length + 8;
  return bytes;
};
