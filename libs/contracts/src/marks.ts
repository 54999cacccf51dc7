import avro, { type Schema, type Type, type types } from 'avsc';

/**
 * Where avsc reads and writes. Its own logical types go through a Buffer for every value; ours work on the bytes in place.
 * Past the end of `buf` only `pos` moves on: avsc sees it afterwards and starts again with a larger buffer, or reports a cut record.
 */
type Tap = { readonly buf: Buffer; pos: number; readLong(): number; writeLong(value: number): void; writeString(value: string): void };
type Hook = (value: unknown, type: unknown) => void;
type Attributes = Readonly<{ size?: number; precision?: number; scale?: number }>;

/** A value in memory that stands for bytes in Avro: what such types share. */
abstract class Mark extends avro.types.LogicalType {
  abstract fits(value: unknown): boolean;

  _check(value: unknown, _flags: number, hook?: Hook): boolean {
    const fits = this.fits(value);
    if (!fits && hook) hook(value, this);
    return fits;
  }

  protected refuse(): never {
    throw new TypeError(`no ${this.typeName}`);
  }

  /** The same mark on the writer's side is read as it is; anything else is another type. */
  protected override _resolve(writer: Type): ((value: unknown) => unknown) | undefined {
    return writer.constructor === this.constructor ? (value) => value : undefined;
  }
}

const LIMIT = 10n ** 38n;
const MAX_BYTES = 16;
/** Up to six bytes are written and read as a number, which is much faster than a bigint and exact. */
const SMALL = 2 ** 47;

/** `bytes` with logicalType decimal ↔ bigint, the count of its smallest units. Two's complement, big endian, as short as it goes. */
class DecimalMark extends Mark {
  fits(value: unknown): boolean {
    return typeof value === 'bigint' && value < LIMIT && value > -LIMIT;
  }

  _read(tap: Tap): bigint {
    const length = tap.readLong();
    const { buf, pos } = tap;
    if (length < 0 || length > MAX_BYTES) this.refuse();
    tap.pos += length;
    if (length === 0 || tap.pos > buf.length) return 0n;
    if (length <= 6) return BigInt(buf.readIntBE(pos, length));
    if (length <= 8) return (BigInt(buf.readIntBE(pos, length - 4)) << 32n) | BigInt(buf.readUInt32BE(pos + length - 4));
    return BigInt.asIntN(length * 8, BigInt(`0x${buf.toString('hex', pos, pos + length)}`));
  }

  _write(tap: Tap, value: unknown): void {
    if (typeof value !== 'bigint') this.refuse();
    const number = Number(value);
    if (number < SMALL && number >= -SMALL) {
      const length = bytesOf(number);
      tap.writeLong(length);
      if (tap.pos + length <= tap.buf.length) tap.buf.writeIntBE(number, tap.pos, length);
      tap.pos += length;
    } else {
      if (!this.fits(value)) this.refuse();
      writeLarge(tap, value as bigint);
    }
  }
}

/** How many bytes hold a number below 2^47 with its sign. */
const bytesOf = (value: number): number => {
  const size = value < 0 ? -value - 1 : value;
  if (size < 0x80) return 1;
  if (size < 0x8000) return 2;
  if (size < 0x800000) return 3;
  if (size < 0x80000000) return 4;
  return size < 0x8000000000 ? 5 : 6;
};

const writeLarge = (tap: Tap, value: bigint): void => {
  let length = 6;
  while (BigInt.asIntN(length * 8, value) !== value) length++;
  tap.writeLong(length);
  if (tap.pos + length <= tap.buf.length) {
    tap.buf.write(BigInt.asUintN(length * 8, value).toString(16).padStart(length * 2, '0'), tap.pos, length, 'hex');
  }
  tap.pos += length;
};

/** The value of a lower-case hex character by its code; above 255 for all others. For 16 bytes a loop over it costs a fifth of Buffer's own. */
const NO_NIBBLE = 0x100;
const NIBBLES = Uint16Array.from({ length: 0x1_0000 }, (_, code) => (code >= 0x30 && code <= 0x39 ? code - 0x30 : code >= 0x61 && code <= 0x66 ? code - 0x57 : NO_NIBBLE));

/** `fixed` ↔ lower-case hex text of twice its size. */
class HexMark extends Mark {
  readonly size: number;
  constructor(schema: Schema, options?: object) {
    super(schema, options);
    this.size = (schema as Attributes).size ?? 0;
  }

  fits(value: unknown): boolean {
    return typeof value === 'string' && value.length === this.size * 2 && /^[0-9a-f]*$/.test(value);
  }

  _read(tap: Tap): string {
    const { buf, pos } = tap;
    tap.pos += this.size;
    return tap.pos > buf.length ? '' : buf.toString('hex', pos, tap.pos);
  }

  _write(tap: Tap, value: unknown): void {
    const { buf, pos } = tap;
    const { size } = this;
    if (typeof value !== 'string' || value.length !== size * 2) return this.refuse();
    tap.pos += size;
    if (tap.pos > buf.length) return;
    for (let i = 0; i < size; i++) {
      const byte = (NIBBLES[value.charCodeAt(i * 2)]! << 4) | NIBBLES[value.charCodeAt(i * 2 + 1)]!;
      if (byte > 0xff) this.refuse();
      buf[pos + i] = byte;
    }
  }
}

const logicalTypes = { decimal: DecimalMark, 'source-key': HexMark, digest: HexMark } as unknown as Record<string, new (schema: Schema, options?: object) => types.LogicalType>;

/** avsc writes longs beyond 2^52 wrongly, without an error. These refuse them. */
const LONG_LIMIT = 2 ** 52;
const isLong = (value: unknown): value is number => Number.isInteger(value) && (value as number) < LONG_LIMIT && (value as number) >= -LONG_LIMIT;

class Long extends avro.types.LongType {
  _check(value: unknown, _flags: number, hook?: Hook): boolean {
    const fits = isLong(value);
    if (!fits && hook) hook(value, this);
    return fits;
  }

  _write(tap: Tap, value: unknown): void {
    if (!isLong(value)) throw new TypeError('no long');
    tap.writeLong(value);
  }
}
const LONG = new Long();

type Inner = Type & { _read(tap: Tap): unknown; _write(tap: Tap, value: unknown): void };

/** Most texts of an event are short and ASCII: for them one loop does what avsc asks Node for in two calls. */
const SHORT = 48;
class Text extends avro.types.StringType {
  _write(tap: Tap, value: unknown): void {
    if (typeof value !== 'string') throw new TypeError('no string');
    const { buf, pos } = tap;
    const { length } = value;
    if (length > SHORT || pos + length >= buf.length) return tap.writeString(value);
    buf[pos] = length * 2;
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) return tap.writeString(value);
      buf[pos + 1 + i] = unit;
    }
    tap.pos = pos + 1 + length;
  }
}
const TEXT = new Text();

/** A union of null and one type. avsc would look at each value to find its branch; here null or not is enough. */
class Nullable extends avro.types.UnwrappedUnionType {
  _read(tap: Tap): unknown {
    const index = tap.readLong();
    if (index === 0) return null;
    if (index !== 1) throw new RangeError('no such branch');
    return (this.types[1] as Inner)._read(tap);
  }

  _write(tap: Tap, value: unknown): void {
    tap.writeLong(value === null ? 0 : 1);
    if (value !== null) (this.types[1] as Inner)._write(tap, value);
  }
}

const typeHook = (schema: Schema, options: object): Type | undefined => {
  if (Array.isArray(schema)) return schema.length === 2 && schema[0] === 'null' ? new Nullable(schema as unknown as Schema, options) : undefined;
  const name = typeof schema === 'string' ? schema : (schema as Readonly<{ type?: unknown }>).type;
  return name === 'long' ? LONG : name === 'string' ? TEXT : undefined;
};

/**
 * A schema's avsc type. Unions hold their plain values, instants are numbers and sealed values Buffers without any conversion.
 * @throws when the schema, or a decimal or fixed mark in it, is not well formed
 */
export const typeOf = (schema: unknown): Type =>
  avro.Type.forSchema(schema as Schema, { logicalTypes, typeHook: typeHook as (schema: Schema) => Type | undefined, wrapUnions: 'never', omitRecordMethods: true, assertLogicalTypes: true });
