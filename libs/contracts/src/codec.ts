import type { Type } from 'avsc';
import { Failure, invalidMessage } from '@touchpoint/kernel';
import { catalog, type AnyMessage, type MessageName } from './generated/catalog.ts';
import type { Draft } from './draft.ts';
import { typeOf } from './marks.ts';
import type { SchemaJson } from './message-info.ts';

export type MessageOf<Name extends MessageName> = Extract<AnyMessage, { type: Name }>;
export type DataOf<Name extends MessageName> = MessageOf<Name>['data'];
/** Reads one message's data from `bytes`, from `start` to the end. What it returns shares no memory with `bytes`. */
export type Decoder<Name extends MessageName> = (bytes: Buffer, start?: number) => DataOf<Name>;

export const isMessageName = (name: string): name is MessageName => Object.hasOwn(catalog, name);

const types = new Map<string, Type>();
/** A message's own type, made when it is first used: a process pays for those that it speaks. */
const typeFor = (name: MessageName): Type => {
  let type = types.get(name);
  if (!type) {
    if (!isMessageName(name)) throw invalidMessage('CONTRACTS.UNKNOWN_MESSAGE', `There is no message ${JSON.stringify(name)}.`);
    types.set(name, (type = typeOf(catalog[name].schema)));
  }
  return type;
};

/** What is encoded lies one behind the other in slabs: nothing is copied, and there are few buffers to collect. A slab lives as long as anything in it. */
const SLAB = 64 * 1024;
let slab = Buffer.allocUnsafeSlow(SLAB);
let free = 0;

/**
 * Writes a value by an avsc type behind `head` bytes, which are left zero for a frame.
 * @throws Failure InvalidMessage that names the fields that do not fit, never their values: those may be personal
 */
export const encodeAs = (type: Type, what: string, value: unknown, head = 0): Buffer => {
  try {
    let end = type.encode(value, slab, free + head);
    if (end < 0) {
      // What lacks room is tried again in a new slab; what is larger than one has a buffer of its own.
      const size = slab.length - free - end;
      if (size > SLAB / 4) return encodedAlone(type, value, head, size);
      slab = Buffer.allocUnsafeSlow(SLAB);
      free = 0;
      end = type.encode(value, slab, head);
    }
    const bytes = slab.subarray(free, end);
    free = end;
    for (let i = 0; i < head; i++) bytes[i] = 0;
    return bytes;
  } catch {
    throw invalidMessage('CONTRACTS.INVALID_DATA', `${what} does not fit its schema at ${misfits(type, value).join(', ') || 'the top'}.`);
  }
};

const encodedAlone = (type: Type, value: unknown, head: number, size: number): Buffer => {
  const bytes = Buffer.allocUnsafeSlow(size);
  type.encode(value, bytes, head);
  return bytes.fill(0, 0, head);
};

const misfits = (type: Type, value: unknown): readonly string[] => {
  const paths = new Set<string>();
  type.isValid(value, { errorHook: (path) => void paths.add(path.join('.')) });
  return [...paths];
};

/** Reads a value to the end of `bytes`; fewer or more bytes than it takes are refused. */
export const decodeAs = (type: Type, what: string, bytes: Buffer, start: number, resolver?: ReturnType<Type['createResolver']>): unknown => {
  try {
    const { value, offset } = type.decode(bytes, start, resolver);
    if (offset === bytes.length) return value;
  } catch (error) {
    throw invalidMessage('CONTRACTS.UNREADABLE', `${what} cannot be read.`, error);
  }
  throw invalidMessage('CONTRACTS.UNREADABLE', `${what} is cut off or has bytes too many.`);
};

/** A message's data in Avro, by the newest schema, behind `head` bytes left zero for a frame. Fields left out of a draft get their default. */
export const encode = <Name extends MessageName>(name: Name, data: Draft<DataOf<Name>>, head = 0): Buffer => encodeAs(typeFor(name), name, data, head);

const decoders = new Map<string, Decoder<MessageName>>();

/**
 * The decoder for what a writer wrote, by the schema that it wrote with (the registry's text, or parsed). One per writer and reader is
 * made and kept: making one costs 100 times as much as reading with it. There are as many as the registry has schemas.
 * @throws Failure InvalidMessage when there is no such message, or the schema is not compatible with it
 */
export const decoder = <Name extends MessageName>(name: Name, writerSchema: string | SchemaJson): Decoder<Name> => {
  const text = typeof writerSchema === 'string' ? writerSchema : JSON.stringify(writerSchema);
  const key = `${name}\n${text}`;
  const found = decoders.get(key) ?? createDecoder(name, text);
  decoders.set(key, found);
  return found as Decoder<MessageName> as unknown as Decoder<Name>;
};

const createDecoder = (name: MessageName, text: string): Decoder<MessageName> => {
  const reader = typeFor(name);
  try {
    const writer = typeOf(JSON.parse(text));
    const resolver = reader.equals(writer) ? undefined : reader.createResolver(writer);
    return (bytes, start = 0) => decodeAs(reader, name, bytes, start, resolver) as DataOf<MessageName>;
  } catch (error) {
    throw new Failure('InvalidMessage', 'CONTRACTS.INCOMPATIBLE_SCHEMA', `${name} cannot be read from what that schema writes.`, { cause: error });
  }
};

/** A whole message from a draft: every field that is left out has its default, as a reader will see it. */
export const message = <Name extends MessageName>(name: Name, draft: Draft<DataOf<Name>>): MessageOf<Name> =>
  ({ type: name, data: decodeAs(typeFor(name), name, encode(name, draft), 0) }) as MessageOf<Name>;
