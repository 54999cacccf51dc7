import { catalog, decoder, encode, isMessageName, type DataOf, type Decoder, type Draft, type MessageName } from '@touchpoint/contracts';
import { invalidMessage, type Message } from '@touchpoint/kernel';
import { patiently, type SchemaRegistry } from './registry.ts';
import { TOPICS } from './topics.ts';
import { unframe } from './wire.ts';

/** Which contexts' messages a topic holds; each has the subject `<topic>-<full name>` (TopicRecordName). */
const CONTEXTS: Readonly<Record<string, readonly string[]>> = {
  [TOPICS.received]: ['touchpoint'],
  [TOPICS.timeline]: ['touchpoint', 'identity', 'orchestration'],
  [TOPICS.commands]: ['delivery'],
  [TOPICS.urgentCommands]: ['delivery'],
};
/** Single messages of other contexts: what an operator asks for comes in as a touchpoint does. */
const ACTS: Readonly<Record<string, readonly MessageName[]>> = { [TOPICS.received]: ['ErasureRequested', 'LinkRequested', 'SplitRequested'] };

const names = Object.keys(catalog) as readonly MessageName[];
/** All messages of some contexts, such as `orchestration`. */
export const messagesFrom = (...contexts: readonly string[]): readonly MessageName[] => names.filter((name) => contexts.includes(catalog[name].context));
const messagesOf = (topic: string): readonly MessageName[] => [...messagesFrom(...(CONTEXTS[topic] ?? [])), ...(ACTS[topic] ?? [])];
const subjectOf = (prefix: string, topic: string, name: MessageName): string => `${prefix}${topic}-${catalog[name].fullName}`;

/** Registers every message under every subject it may have. One process does this, before any other starts; doing it again changes nothing. */
export const registerSchemas = async (registry: SchemaRegistry, prefix: string): Promise<number> => {
  let count = 0;
  for (const topic of Object.values(TOPICS))
    for (const name of messagesOf(topic)) {
      await patiently(() => registry.register(subjectOf(prefix, topic, name), JSON.stringify(catalog[name].schema)));
      count += 1;
    }
  return count;
};

/** Writes messages of a topic. Ids are looked up once, at start: a message that is not registered is found then, not under load. */
export type MessageWriter = Readonly<{ write: <Name extends MessageName>(name: Name, data: Draft<DataOf<Name>>) => Buffer }>;

/** Of the registry's answers at a start that are waited for at the same time. */
const AT_ONCE = 4;

/**
 * @param writes instead of all that belong on the topic: each costs the registry, and the start, some milliseconds.
 * @throws Error that names the messages that are not registered.
 */
export const createMessageWriter = async (registry: SchemaRegistry, prefix: string, topic: string, writes: readonly MessageName[] = messagesOf(topic)): Promise<MessageWriter> => {
  const ids = new Map<MessageName, number>();
  const missing: string[] = [];
  const next = writes.values();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const name of next) {
      const id = await patiently(() => registry.idOf(subjectOf(prefix, topic, name), JSON.stringify(catalog[name].schema)));
      if (id === undefined) missing.push(subjectOf(prefix, topic, name));
      else ids.set(name, id);
    }
  }));
  if (missing.length > 0) throw new Error(`not registered: ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ` and ${missing.length - 3} more` : ''}. Register with: npx touchpoint schemas register`);
  return {
    write: (name, data) => {
      const id = ids.get(name);
      if (id === undefined) throw new Error(`${name} does not belong on ${topic}`);
      const value = encode(name, data, 5);
      value[0] = 0;
      value.writeUInt32BE(id, 1);
      return value;
    },
  };
};

/** A registry counts its schemas from 1, in 31 bits; asked for any other number, it answers as if it were broken. */
const isSchemaId = (id: number): boolean => id > 0 && id <= 0x7fffffff;

/** Reads message bodies written with any schema the registry knows. */
export type MessageReader = Readonly<{
  /** Makes sure that the schemas of these values are at hand, so that `read` needs no I/O. @throws Failure Transient when the registry does not answer. */
  prepare: (values: readonly Buffer[]) => Promise<void>;
  /** @throws Failure InvalidMessage for a value that is no message of that type. */
  read: (type: string, value: Buffer) => Message;
}>;

export const createMessageReader = (registry: SchemaRegistry): MessageReader => {
  const schemas = new Map<number, string>();
  const decoders = new Map<string, Decoder<MessageName>>();
  return {
    prepare: async (values) => {
      // Kept for this call only: a schema that is missing may be registered before the record is retried.
      const unknown = new Set<number>();
      for (const value of values) {
        const id = value.length >= 5 && value[0] === 0 ? value.readUInt32BE(1) : undefined;
        if (id === undefined || !isSchemaId(id) || schemas.has(id) || unknown.has(id)) continue;
        const schema = await registry.schemaOf(id);
        if (schema === undefined) unknown.add(id);
        else schemas.set(id, schema);
      }
    },
    read: (type, value) => {
      if (!isMessageName(type)) throw invalidMessage('LOG.UNKNOWN_TYPE', 'the record names a message that this build does not know');
      const framed = unframe(value);
      if (!framed) throw invalidMessage('LOG.NOT_FRAMED', `${type}: the value is not in the wire format`);
      const key = `${type}/${framed.schemaId}`;
      let decode = decoders.get(key);
      if (!decode) {
        const schema = schemas.get(framed.schemaId);
        if (schema === undefined) throw invalidMessage('LOG.UNKNOWN_SCHEMA', `${type}: the registry has no schema ${framed.schemaId}`);
        decoders.set(key, (decode = decoder(type, schema)));
      }
      return { type, data: decode(value, 5) };
    },
  };
};


