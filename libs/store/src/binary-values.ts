import { DECIMAL_SCALE, invalidMessage, type Decimal } from '@touchpoint/kernel';

/** Postgres counts from the year 2000. */
const EPOCH_MS = 946_684_800_000;
const DAY_MS = 86_400_000;
const INFINITY_DAY = 0x7fffffff;
const JSONB_VERSION = 1;
const NEGATIVE = 0x4000;

const NOTHING = new Uint8Array();

/** Above 15, or below 0, for what is no hex character. */
const nibble = (text: string, at: number): number => {
  const code = text.charCodeAt(at);
  if (code < 58) return code - 48;
  const letter = (code | 32) - 87;
  return letter < 10 ? -1 : letter;
};

/** What timestamptz holds, in epoch milliseconds, of what a Date does. */
const [EARLIEST, LATEST] = [-210_866_803_200_000, 8_640_000_000_000_000];
/** A value that a column cannot hold, and that would else be stored as another one, or fail with all the rows beside it. What it is is not said: it may be personal. */
const unfit = (what: string) => invalidMessage('STORE.UNFIT', `a value is no ${what} that Postgres holds`);
/** Whether a whole number lies within a signed one of so many bits. NaN does not. */
const within = (value: number, bits: number): boolean => Number.isInteger(value) && value >= -(2 ** (bits - 1)) && value < 2 ** (bits - 1);

/** Values behind each other as Postgres sends and takes them in binary form, each behind its length: the columns of a copied row, the elements of an array. */
export class BinaryValues {
  #bytes: Buffer;
  #at: number;

  /** @param size bytes to begin with */
  constructor(size: number, head = NOTHING) {
    this.#bytes = Buffer.allocUnsafe(Math.max(size, head.length));
    this.#bytes.set(head);
    this.#at = head.length;
  }

  /** Bytes so far; a smaller number takes back all that was written after it. */
  get length(): number {
    return this.#at;
  }

  set length(bytes: number) {
    this.#at = bytes;
  }

  /** What was written, as it lies here. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  /** A number without a length before it. */
  int16(value: number): void {
    const at = this.#take(2);
    this.#bytes.writeInt16BE(value, at);
  }

  /** A number without a length before it. */
  int32(value: number): void {
    const at = this.#take(4);
    this.#bytes.writeInt32BE(value, at);
  }

  /** Where the value that begins at `at` ends. */
  after(at: number): number {
    return at + 4 + Math.max(this.#bytes.readInt32BE(at), 0);
  }

  /** Bytes of another one as they are. */
  append(other: BinaryValues, from: number, to: number): void {
    const at = this.#take(to - from);
    other.#bytes.copy(this.#bytes, at, from, to);
  }

  null(): void {
    this.int32(-1);
  }

  /** 32 hex characters, with the usual dashes or without. */
  uuid(text: string): void {
    const to = this.#sized(16);
    let [wrong, from] = [0, 0];
    for (let i = 0; i < 16; i += 1, from += 2) {
      if (text.charCodeAt(from) === 45) from += 1;
      const [high, low] = [nibble(text, from), nibble(text, from + 1)];
      wrong |= high | low;
      this.#bytes[to + i] = (high << 4) | low;
    }
    if ((wrong & ~15) !== 0 || from !== text.length) throw unfit('uuid');
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
    if (!within(value, 32)) throw unfit('integer');
    const at = this.#sized(4);
    this.#bytes.writeInt32BE(value, at);
  }

  bigint(value: number): void {
    if (!within(value, 64)) throw unfit('bigint');
    const at = this.#sized(8);
    const high = Math.floor(value / 2 ** 32);
    this.#bytes.writeInt32BE(high, at);
    this.#bytes.writeUInt32BE(value - high * 2 ** 32, at + 4);
  }

  /** Epoch milliseconds, as timestamptz. */
  instant(at: number): void {
    if (!(at >= EARLIEST && at <= LATEST)) throw unfit('instant');
    this.bigint((Math.round(at) - EPOCH_MS) * 1_000);
  }

  /** `2010-12-01` or `infinity`, as date. */
  day(text: string): void {
    // Beyond the year 9999 a date is written with a sign, and what is cut off of it may read as another one.
    if (text !== 'infinity' && (text.length !== 10 || text.charCodeAt(4) !== 45)) throw unfit('day');
    this.integer(text === 'infinity' ? INFINITY_DAY : (Date.parse(text) - EPOCH_MS) / DAY_MS);
  }

  /** An exact decimal, as numeric: digits of 10,000 before and behind the point, none of them zero at the end. */
  numeric(value: Decimal): void {
    let rest = value < 0n ? -value : value;
    let scale = DECIMAL_SCALE;
    for (; scale > 0 && rest % 10n === 0n; scale -= 1) rest /= 10n;
    const behind = Math.ceil(scale / 4);
    rest *= 10n ** BigInt(behind * 4 - scale);
    const digits: number[] = [];
    for (; rest > 0n; rest /= 10_000n) digits.unshift(Number(rest % 10_000n));
    const weight = digits.length - behind - 1;
    while (digits.at(-1) === 0) digits.pop();
    this.int32(8 + digits.length * 2);
    for (const part of [digits.length, digits.length === 0 ? 0 : weight, value < 0n ? NEGATIVE : 0, scale, ...digits]) this.int16(part);
  }

  /** JSON text, as jsonb. */
  json(text: string): void {
    const size = Buffer.byteLength(text);
    const at = this.#sized(1 + size);
    this.#bytes[at] = JSONB_VERSION;
    this.#bytes.write(text, at + 1, 'utf8');
  }

  bytes(value: Uint8Array): void {
    const at = this.#sized(value.length);
    this.#bytes.set(value, at);
  }

  /** Room for one value. */
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
