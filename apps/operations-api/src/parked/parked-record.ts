import { decodeMeta, isMessageName, showEvent, type SealedPlaces } from '@touchpoint/contracts';
import { failureKind, toIso, type Failure, type Meta } from '@touchpoint/kernel';
import { META, ORIGIN, TYPE, unframe, type LogRecord, type MessageReader } from '@touchpoint/log';

/** Shown instead of every personal value: whoever operates needs none. */
export const SEALED = '[sealed]';
const sealed: SealedPlaces = { add: (_value, _at, put) => put(SEALED) };

/** Bytes that could not be decoded: how many, and the first of them. */
type Undecoded = Readonly<{ undecoded: number; begins: string }>;
const SHOWN_BYTES = 64;
const undecoded = (bytes: Buffer): Undecoded => ({ undecoded: bytes.length, begins: bytes.toString('hex', 0, SHOWN_BYTES) });

type ShownMeta = Omit<Meta, 'occurredAt' | 'receivedAt' | 'sources'> & Readonly<{ occurredAt: string; receivedAt: string; sources: readonly Readonly<{ kind: string; key: string; label: string | null }>[] }>;
/** A parked record as far as it can be read. `problems`: what cannot, and why. */
export type ShownRecord = Readonly<{
  type: string | null; schemaId: number | null; recordedAt: string; bytes: number; headers: readonly string[]; meta: ShownMeta | Undecoded | null; data: unknown; problems: readonly Readonly<{ code: string; message: string }>[];
}>;

const metaOf = (bytes: Buffer): ShownMeta => {
  const { occurredAt, receivedAt, sources, ...rest } = decodeMeta(bytes);
  return { ...rest, occurredAt: toIso(occurredAt), receivedAt: toIso(receivedAt), sources: sources.map(({ kind, key, label }) => ({ kind, key, label: label === null ? null : SEALED })) };
};

/** Decodes what can be decoded. Personal fields are shown as `[sealed]`; the vault is not asked. */
export const showRecord = async ({ timestamp, value, headers }: LogRecord, reader: MessageReader): Promise<ShownRecord> => {
  const problems: { code: string; message: string }[] = [];
  /** @returns undefined where it cannot be read, which is then told */
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      // Of a defect only the name: its message may quote data.
      problems.push(failureKind(error) === 'InvalidMessage' ? { code: (error as Failure).code, message: (error as Error).message } : { code: 'DEFECT', message: `${error instanceof Error ? error.name : 'something'} was thrown` });
      return undefined;
    }
  };
  const { [META]: meta, [TYPE]: typeBytes } = headers;
  const type = typeBytes === undefined ? null : typeBytes.toString('latin1').slice(0, 100);
  await reader.prepare([value]);
  const shownMeta = meta === undefined ? null : (attempt(() => metaOf(meta)) ?? undecoded(meta));
  let data: unknown;
  if (type !== null)
    attempt(() => {
      const { data: read } = reader.read(type, value);
      if (isMessageName(type)) showEvent(type, read, sealed, ['data'], (shown) => { data = shown; });
    });
  return {
    type, schemaId: unframe(value)?.schemaId ?? null, recordedAt: toIso(timestamp), bytes: value.length, headers: Object.keys(headers).filter((name) => ![META, TYPE, ORIGIN].includes(name)),
    meta: shownMeta, data: data === undefined ? undecoded(value) : data, problems,
  };
};
