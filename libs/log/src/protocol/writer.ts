/** Writes Kafka's primitive types into one buffer that is large enough: the caller knows an upper bound. */
export class Writer {
  readonly buffer: Buffer;
  at: number;

  constructor(buffer: Buffer, at: number) {
    this.buffer = buffer;
    this.at = at;
  }

  int8(value: number): void {
    this.buffer[this.at] = value;
    this.at += 1;
  }

  int16(value: number): void {
    this.at = this.buffer.writeInt16BE(value, this.at);
  }

  int32(value: number): void {
    this.at = this.buffer.writeInt32BE(value, this.at);
  }

  /** A safe integer. */
  int64(value: number): void {
    const high = Math.floor(value / 2 ** 32);
    this.at = this.buffer.writeInt32BE(high, this.at);
    this.at = this.buffer.writeUInt32BE(value - high * 2 ** 32, this.at);
  }

  string(value: string): void {
    const length = this.buffer.write(value, this.at + 2, 'utf8');
    this.buffer.writeInt16BE(length, this.at);
    this.at += 2 + length;
  }

  /** A zigzag varint of a number that is not negative and below 2³⁰. */
  varint(value: number): void {
    let rest = value * 2;
    while (rest > 0x7f) {
      this.buffer[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.at++] = rest;
  }

  bytes(value: Uint8Array): void {
    const { length } = value;
    // Copying natively costs a call; short values (most headers) are faster byte by byte.
    if (length > 24) this.buffer.set(value, this.at);
    else for (let i = 0; i < length; i += 1) this.buffer[this.at + i] = value[i]!;
    this.at += length;
  }
}

/** How many bytes `varint` takes. */
export const varintSize = (value: number): number => (value < 64 ? 1 : value < 8_192 ? 2 : value < 1_048_576 ? 3 : value < 134_217_728 ? 4 : 5);
