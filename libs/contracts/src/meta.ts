import { invalidMessage, type Meta } from '@touchpoint/kernel';
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

/**
 * Reads the header `meta` as any released version wrote it.
 * @throws Failure InvalidMessage for a version that this process does not know, or bytes that it did not write
 */
export const decodeMeta = (bytes: Buffer): Meta => {
  const version = bytes[0] ?? 0;
  if (version < 1 || version > VERSION) throw invalidMessage('CONTRACTS.UNKNOWN_META', `Meta has version ${version}; this process knows 1 to ${VERSION}.`);
  return decodeAs(reader, 'Meta', bytes, 1, resolvers[version - 1]) as Meta;
};
