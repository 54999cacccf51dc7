/** Reads Kafka's primitive types out of an answer. @throws RangeError past its end. */
export class Reader {
  readonly buffer: Buffer;
  at: number;

  constructor(buffer: Buffer, at = 0) {
    this.buffer = buffer;
    this.at = at;
  }

  get left(): number {
    return this.buffer.length - this.at;
  }

  skip(bytes: number): void {
    this.at += bytes;
  }

  int8(): number {
    return this.buffer.readInt8(this.at++);
  }

  int16(): number {
    const value = this.buffer.readInt16BE(this.at);
    this.at += 2;
    return value;
  }

  int32(): number {
    const value = this.buffer.readInt32BE(this.at);
    this.at += 4;
    return value;
  }

  /** Offsets and times: safe integers. */
  int64(): number {
    const value = this.buffer.readInt32BE(this.at) * 2 ** 32 + this.buffer.readUInt32BE(this.at + 4);
    this.at += 8;
    return value;
  }

  /** UTF-8; a negative length is no text at all. */
  string(length = this.int16()): string {
    if (length <= 0) return '';
    if (length > this.left) throw new RangeError('text runs past the end');
    return this.buffer.toString('utf8', this.at, (this.at += length));
  }

  /** A zigzag varint of up to 64 bits whose value is a safe integer. */
  varint(): number {
    const { buffer } = this;
    let byte = buffer[this.at++]!;
    if (byte < 0x80) return byte & 1 ? -(byte >>> 1) - 1 : byte >>> 1;
    let value = byte & 0x7f;
    let scale = 128;
    do {
      if (this.at >= buffer.length) throw new RangeError('a varint runs past the end');
      byte = buffer[this.at++]!;
      value += (byte & 0x7f) * scale;
      scale *= 128;
    } while (byte >= 0x80);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A view, no copy. A negative length is no bytes at all. */
  bytes(length: number): Buffer {
    if (length < 0) return EMPTY;
    if (length > this.left) throw new RangeError('bytes run past the end');
    return this.buffer.subarray(this.at, (this.at += length));
  }
}

const EMPTY = Buffer.alloc(0);
