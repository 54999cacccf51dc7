import type { Client } from './pool.ts';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const END = -1;
/** Postgres counts from the year 2000. */
const EPOCH_MS = 946_684_800_000;
const DAY_MS = 86_400_000;
const INFINITY_DAY = 0x7fffffff;

const nibble = (text: string, at: number): number => {
  const code = text.charCodeAt(at);
  return code < 58 ? code - 48 : (code | 32) - 87;
};

/**
 * Rows in the form that `copy … (format binary)` reads: a third of what the same rows take as arrays, and nothing that Postgres must parse. Each row is begun
 * with `row` and gets its columns in order.
 */
export class CopyRows {
  #bytes: Buffer;
  #at = SIGNATURE.length;

  /** @param size bytes to begin with */
  constructor(size = 4 * 1024) {
    this.#bytes = Buffer.allocUnsafe(Math.max(size, SIGNATURE.length));
    SIGNATURE.copy(this.#bytes);
  }

  /** Bytes so far; a smaller number takes back all that was written after it. */
  get length(): number {
    return this.#at;
  }

  set length(bytes: number) {
    this.#at = bytes;
  }

  row(columns: number): void {
    const at = this.#take(2);
    this.#bytes.writeInt16BE(columns, at);
  }

  /** Whole rows of another one, by their bytes. */
  append(other: CopyRows, from: number, to: number): void {
    const at = this.#take(to - from);
    other.#bytes.copy(this.#bytes, at, from, to);
  }

  null(): void {
    const at = this.#take(4);
    this.#bytes.writeInt32BE(-1, at);
  }

  /** 32 hex characters, with the usual dashes or without. */
  uuid(text: string): void {
    const to = this.#sized(16);
    for (let i = 0, from = 0; i < 16; i += 1, from += 2) {
      if (text.charCodeAt(from) === 45) from += 1;
      this.#bytes[to + i] = (nibble(text, from) << 4) | nibble(text, from + 1);
    }
  }

  /** Postgres' text holds no zero character. */
  text(text: string): void {
    const most = text.length * 3;
    const at = this.#take(4 + most);
    const length = this.#bytes.write(text.includes('\0') ? text.replaceAll('\0', '\uFFFD') : text, at + 4, 'utf8');
    this.#bytes.writeInt32BE(length, at);
    this.#at -= most - length;
  }

  boolean(value: boolean): void {
    const at = this.#sized(1);
    this.#bytes[at] = value ? 1 : 0;
  }

  integer(value: number): void {
    const at = this.#sized(4);
    this.#bytes.writeInt32BE(value, at);
  }

  bigint(value: number): void {
    const at = this.#sized(8);
    const high = Math.floor(value / 2 ** 32);
    this.#bytes.writeInt32BE(high, at);
    this.#bytes.writeUInt32BE(value - high * 2 ** 32, at + 4);
  }

  /** Epoch milliseconds, as timestamptz. */
  instant(at: number): void {
    this.bigint((Math.round(at) - EPOCH_MS) * 1_000);
  }

  /** `2010-12-01` or `infinity`, as date. */
  day(text: string): void {
    this.integer(text === 'infinity' ? INFINITY_DAY : (Date.parse(text) - EPOCH_MS) / DAY_MS);
  }

  bytes(value: Uint8Array): void {
    const at = this.#sized(value.length);
    this.#bytes.set(value, at);
  }

  /** All of it; no row can be added any more. */
  end(): Buffer {
    const at = this.#take(2);
    this.#bytes.writeInt16BE(END, at);
    return this.#bytes.subarray(0, this.#at);
  }

  #sized(length: number): number {
    const at = this.#take(4 + length);
    this.#bytes.writeInt32BE(length, at);
    return at + 4;
  }

  /** Room for so many bytes; `#bytes` is another one afterwards, when the one that was is full. */
  #take(length: number): number {
    const at = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }
}

type Connection = Readonly<{ query(text: string): void; sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void }>;

/** What `pg` runs in the place of a query of its own: it knows the messages of COPY and leaves them to whoever submitted it. */
class CopyIn {
  readonly callback: (error?: Error | null) => void;
  readonly #text: string;
  readonly #bytes: Buffer;

  constructor(text: string, bytes: Buffer, callback: (error?: Error | null) => void) {
    this.#text = text;
    this.#bytes = bytes;
    this.callback = callback;
  }

  submit(connection: Connection): void {
    connection.query(this.#text);
  }

  handleCopyInResponse(connection: Connection): void {
    connection.sendCopyFromChunk(this.#bytes);
    connection.endCopyFrom();
  }

  handleCommandComplete(): void {}

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback();
  }
}

/** Adds rows to a table, inside a transaction. `into` names it and its columns: `t (a, b)`. @throws what Postgres says. */
export const copyInto = (client: Client, into: string, rows: CopyRows): Promise<void> =>
  new Promise<void>((resolve, reject) => {
    client.query(new CopyIn(`copy ${into} from stdin (format binary)`, rows.end(), (error) => (error ? reject(error) : resolve())) as never);
  });
