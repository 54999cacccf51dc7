import type { Kafka } from 'kafkajs';
import { decodeMeta, type MessageDecided } from '@touchpoint/contracts';
import { createMessageReader, createRegistry, dropRepeats, META, TOPICS, typeOf, type LogReader, type LogRecord } from '@touchpoint/log';
import { query, type Pool } from '@touchpoint/store';

/** Where a partition of the timeline stood before the load, and the last seq taken of each origin: from there on repeats are told as every reader tells them. */
export type Start = ReadonlyMap<number, Readonly<{ offset: number; seen: ReadonlyMap<string, number> }>>;
/** A record of ours on the timeline. `commandId`: of a decision to send, or of an outcome. */
export type Found = Readonly<{ messageId: string; publisher: string; type: string; customerId: string; partition: number; offset: number; commandId: string | undefined; sends: boolean }>;
/** `again`: records that lie there twice after a crash, and that readers drop by their seq. `gaps`: what no reader may meet. */
export type Seen = Readonly<{ found: readonly Found[]; again: number; gaps: readonly string[] }>;

const AT_ONCE = 2_000;

/** The projector's own position: it is at the end of the log when nothing is left to do. */
export const startOf = async (pool: Pool): Promise<Start> =>
  new Map((await query<{ partition: number; next_offset: string; seen: Record<string, number> }>(pool, "select partition, next_offset, seen from log.checkpoint where consumer = 'profile-projector' and topic = $1", [TOPICS.timeline]))
    .map(({ partition, next_offset, seen }) => [partition, { offset: Number(next_offset), seen: new Map(Object.entries(seen)) }]));

/** Reads the timeline from there to its end. Of the records of others only a few at a time are held. @param isOurs whether an event is of the load, by its message id */
export const readSince = async (kafka: Kafka, reader: LogReader, registryUrl: string, topic: string, start: Start, isOurs: (messageId: string) => boolean): Promise<Seen> => {
  const messages = createMessageReader(createRegistry(registryUrl));
  const admin = kafka.admin();
  await admin.connect();
  try {
    const [kept, gaps]: [{ partition: number; record: LogRecord }[], string[]] = [[], []];
    const ours = new Set<string>();
    let again = 0;
    for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
      let { offset, seen } = start.get(partition) ?? { offset: 0, seen: new Map<string, number>() };
      for (; offset < Number(high); offset += AT_ONCE) {
        const records = await reader.read(topic, partition, Array.from({ length: Math.min(AT_ONCE, Number(high) - offset) }, (_, i) => offset + i));
        try {
          const taken = dropRepeats(seen, records);
          ({ seen } = taken);
          again += taken.dropped;
          for (const record of taken.taken) {
            const meta = record.headers[META] && decodeMeta(record.headers[META]);
            // A fact may lie before the event that it follows from.
            if (meta && (isOurs(meta.messageId) || (meta.causationId !== null && isOurs(meta.causationId)))) ours.add(record.key);
            if (ours.has(record.key)) kept.push({ partition, record });
          }
        } catch (error) {
          gaps.push((error as Error).message);
          break;
        }
      }
    }
    await messages.prepare(kept.map(({ record }) => record.value));
    return { again, gaps, found: kept.map(({ partition, record }) => foundOf(partition, record, messages)) };
  } finally {
    await admin.disconnect();
  }
};

const foundOf = (partition: number, record: LogRecord, messages: ReturnType<typeof createMessageReader>): Found => {
  const { messageId, publisher } = decodeMeta(record.headers[META]!);
  const type = typeOf(record)!;
  const { data } = messages.read(type, record.value) as { data: Partial<MessageDecided['data']> & { message?: { commandId?: string | null } } };
  return { messageId, publisher, type, customerId: record.key, partition, offset: record.offset, commandId: (type === 'MessageDecided' ? data.commandId : data.message?.commandId) ?? undefined, sends: type === 'MessageDecided' && data.verdict === 'send' };
};
