import { invalidMessage, type Meta, type Source } from '@touchpoint/kernel';
import { decodeAs, encodeAs } from './codec.ts';
import { metaSchemas } from './generated/meta-schemas.ts';
import { typeOf } from './marks.ts';

const VERSION = metaSchemas.length;
const writers = metaSchemas.map(typeOf);
const reader = writers[VERSION - 1]!;
const resolvers = writers.map((writer) => (writer === reader ? undefined : reader.createResolver(writer)));

/** The header `meta`: one byte with the version of its schema, then Avro. */
export const encodeMeta = (meta: Meta): Buffer => {
  const bytes = encodeAs(reader, 'Meta', meta, 1);
  bytes[0] = VERSION;
  return bytes;
};

const versionOf = (bytes: Buffer): number => {
  const version = bytes[0] ?? 0;
  if (version < 1 || version > VERSION) throw invalidMessage('CONTRACTS.UNKNOWN_META', `Meta has version ${version}; this process knows 1 to ${VERSION}.`);
  return version;
};

/**
 * Reads the header `meta` as any released version wrote it.
 * @throws Failure InvalidMessage for a version that this process does not know, or bytes that it did not write
 */
export const decodeMeta = (bytes: Buffer): Meta => decodeAs(reader, 'Meta', bytes, 1, resolvers[versionOf(bytes) - 1]) as Meta;

/** What identity goes by: which event it is, and whose. */
export type MetaIdentity = Pick<Meta, (typeof IDENTITY)[number]> & Readonly<{ sources: readonly Omit<Source, 'label'>[] }>;

const IDENTITY = ['messageId', 'publisher', 'occurredAt', 'receivedAt', 'historical', 'link', 'digest'] as const;
type Field = Readonly<{ name: string; type: unknown }>;
type Fields = Readonly<{ fields: readonly Field[] }>;
const only = <T extends Fields>(record: T, names: readonly string[], change: (field: Field) => Field = (field) => field): T => ({ ...record, fields: record.fields.filter(({ name }) => names.includes(name)).map(change) });

/** The newest Meta without what identity does not look at: labels are half of its bytes. */
const identityReader = typeOf(
  only(metaSchemas[VERSION - 1] as unknown as Fields, [...IDENTITY, 'sources'], (field) => {
    if (field.name !== 'sources') return field;
    const sources = field.type as Readonly<{ items: Fields }>;
    return { ...field, type: { ...sources, items: only(sources.items, ['kind', 'key']) } };
  }),
);
const identityResolvers = writers.map((writer) => identityReader.createResolver(writer));

/** Reads of the header `meta` what identity goes by, at half the price. @throws as `decodeMeta` does */
export const decodeMetaIdentity = (bytes: Buffer): MetaIdentity => decodeAs(identityReader, 'Meta', bytes, 1, identityResolvers[versionOf(bytes) - 1]) as MetaIdentity;

const timeReader = typeOf(only(metaSchemas[VERSION - 1] as unknown as Fields, ['occurredAt']));
const timeResolvers = writers.map((writer) => timeReader.createResolver(writer));

/** A Meta whose time is read at once, and all else when the first of it is asked for. */
class LateMeta implements Meta {
  readonly occurredAt: Meta['occurredAt'];
  readonly #bytes: Buffer;
  #read: Meta | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.occurredAt = (decodeAs(timeReader, 'Meta', bytes, 1, timeResolvers[versionOf(bytes) - 1]) as Pick<Meta, 'occurredAt'>).occurredAt;
  }

  get #whole(): Meta {
    return (this.#read ??= decodeMeta(this.#bytes));
  }

  get messageId() { return this.#whole.messageId; }
  get publisher() { return this.#whole.publisher; }
  get receivedAt() { return this.#whole.receivedAt; }
  get historical() { return this.#whole.historical; }
  get sources() { return this.#whole.sources; }
  get link() { return this.#whole.link; }
  get digest() { return this.#whole.digest; }
  get correlationId() { return this.#whole.correlationId; }
  get causationId() { return this.#whole.causationId; }
}

/**
 * Reads the header `meta` for those who mostly need its time only: at a third of the price then. It shares memory with `bytes`, and is not to be copied by `{ ...meta }`.
 * @throws as `decodeMeta` does; what lies behind the time may be refused only when it is asked for
 */
export const decodeMetaLate = (bytes: Buffer): Meta => new LateMeta(bytes);
