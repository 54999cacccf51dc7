import type { Sealed } from '@touchpoint/kernel';
import { unpackRecords, META } from '@touchpoint/log';
import { catalog, decodeMeta, isMessageName } from '@touchpoint/contracts';
import type { MessageReader } from '@touchpoint/log';

/** A sealed value and the field it was found in, where that is known. */
export type Found = Readonly<{ field: string; sealed: Sealed }>;

/** Version 1, then a key id of eight bytes of which the first four are zero: so does a sealed value begin, and its base64. */
const isSealed = (bytes: Uint8Array): boolean => bytes.length >= 37 && bytes[0] === 1 && bytes.subarray(1, 5).every((byte) => byte === 0);
const IN_TEXT = /AQAAAA[A-Za-z0-9+/]{40,}={0,2}/g;
export const sealedInText = (text: string, field = 'text'): readonly Found[] => (text.match(IN_TEXT) ?? []).map((one) => Buffer.from(one, 'base64')).filter(isSealed).map((bytes) => ({ field, sealed: bytes as Uint8Array as Sealed }));

/** Every sealed value in a decoded value, by its path as the schemas' marks write it. */
export const sealedIn = (value: unknown, path: string): readonly Found[] => {
  if (value instanceof Uint8Array) return isSealed(value) ? [{ field: path, sealed: value as Sealed }] : [];
  if (typeof value === 'string') return sealedInText(value, path);
  if (Array.isArray(value)) return value.flatMap((item) => sealedIn(item, `${path}[]`));
  return typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([name, inner]) => sealedIn(inner, `${path}.${name}`)) : [];
};

type Raw = Readonly<{ value: Buffer; headers: Readonly<Record<string, Buffer | undefined>> }>;
/** Every sealed value of a record, in its meta and in its data. One that cannot be read holds none that anybody could open. */
export const sealedInRecord = async (record: Raw, reader: MessageReader): Promise<readonly Found[]> => {
  const type = record.headers['type']?.toString() ?? '';
  const meta = record.headers[META] ? sealedIn(decodeMeta(record.headers[META]), 'Meta') : [];
  if (!isMessageName(type)) return meta;
  await reader.prepare([record.value]);
  return [...meta, ...sealedIn(reader.read(type, record.value).data, catalog[type].name)];
};

/** Every sealed value in a column of bytes: the whole of it, or those of packed records. @param packed of the log's own tables: of any other bytes Avro would read whatever it likes */
export const sealedInBytes = async (bytes: Buffer, packed: boolean, reader: MessageReader): Promise<readonly Found[]> => {
  if (isSealed(bytes)) return [{ field: 'bytes', sealed: bytes as Uint8Array as Sealed }];
  if (!packed) return [];
  try {
    return (await Promise.all(unpackRecords(bytes).map((record) => sealedInRecord(record, reader)))).flat();
  } catch {
    return [];
  }
};
