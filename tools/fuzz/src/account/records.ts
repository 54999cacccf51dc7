import { hash } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { decodeMeta } from '@touchpoint/contracts';
import { CONTROL_KEY } from '@touchpoint/kernel';
import { createLogReader, createMessageReader, createRegistry, decodeOrigin, dropRepeats, headerOf, META, ORIGIN, TOPICS, type LogRecord } from '@touchpoint/log';
import { query, type Pool } from '@touchpoint/store';
import type { Ends } from './positions.ts';
import type { Tally } from './tally.ts';

const AT_ONCE = 2_000;

export type AccountPorts = Readonly<{ kafka: Kafka; pool: Pool; registryUrl: string; prefix: string; partitions: number; tally: Tally }>;

const metaOf = (record: LogRecord) => {
  try {
    return decodeMeta(headerOf(record, META)!);
  } catch {
    return undefined;
  }
};

/**
 * Tells what became of each record, by its position: parked by whom for what, dropped as a repeat or a stranger's, or with an effect that is looked up: an entry of the
 * timeline, an event on it, a command that was taken. One that has none of them, or two, is not accounted for.
 */
export const createRecordAccount = ({ kafka, pool, registryUrl, prefix, partitions, tally }: AccountPorts) => {
  const reader = createLogReader(kafka);
  const messages = createMessageReader(createRegistry(registryUrl));
  const done = new Map<string, number>();
  const seen: ReadonlyMap<string, number>[] = Array.from({ length: partitions }, () => new Map());
  /** Events that are on the timeline, by identity; true: it was met among what was received. */
  const events = new Map<string, boolean>();
  const dropped = { repeats: 0, strangers: 0 };
  /** Message ids of what publishers sent through ingest. */
  const published = new Set<string>();

  const chunks = async (topic: string, partition: number, end: number, visit: (records: readonly LogRecord[]) => Promise<void>): Promise<void> => {
    const at = `${topic}/${partition}`;
    for (let from = done.get(at) ?? 0; from < end; ) {
      const count = Math.min(AT_ONCE, end - from);
      const records = await reader.read(prefix + topic, partition, Array.from({ length: count }, (_, i) => from + i));
      if (records.length < count) tally.missing(`${at}: ${count - records.length} records from ${from} on cannot be read`, count - records.length);
      await visit(records);
      done.set(at, (from += count));
    }
  };
  const parkedAt = async (consumer: string, topic: string, partition: number, records: readonly LogRecord[]): Promise<ReadonlyMap<number, string>> =>
    new Map((await query<{ offset: string; code: string }>(pool, 'select "offset", code from log.parked where consumer = $1 and topic = $2 and partition = $3 and "offset" between $4 and $5', [consumer, topic, partition, records[0]!.offset, records.at(-1)!.offset]))
      .map(({ offset, code }) => [Number(offset), code]));
  const identity = (record: LogRecord): string | undefined => {
    const meta = metaOf(record);
    return meta && hash('sha1', `${meta.publisher}\0${meta.sources[0]?.key ?? ''}\0${meta.messageId}`, 'base64').slice(0, 14);
  };

  const timeline = (partition: number, indexed: ReadonlySet<number>) => async (records: readonly LogRecord[]): Promise<void> => {
    const parked = await parkedAt('profile-projector', TOPICS.timeline, partition, records);
    const undecided = await parkedAt('channel-orchestrator', TOPICS.timeline, partition, records);
    const before = seen[partition]!;
    const { taken, seen: after, dropped: repeats, strangers } = dropRepeats(before, records);
    seen[partition] = after;
    dropped.repeats += repeats;
    dropped.strangers += strangers.length;
    tally.count('dropped repeat', repeats);
    tally.count('dropped stranger', strangers.length);
    const took = new Set(taken);
    for (const record of records) {
      const at = `timeline/${partition} ${record.offset}`;
      const [code, row] = [parked.get(record.offset), indexed.has(record.offset)];
      if (!took.has(record)) {
        if (code !== undefined || row || undecided.has(record.offset)) tally.missing(`${at} was dropped, and has an effect`);
        continue;
      }
      if (undecided.has(record.offset)) tally.count(`parked by decisions ${undecided.get(record.offset)}`);
      const origin = decodeOrigin(record.headers[ORIGIN])?.name ?? '';
      if (origin.startsWith('identity-resolver.')) {
        const id = identity(record);
        if (id !== undefined && !events.has(id)) events.set(id, false);
      }
      if (record.key === CONTROL_KEY) tally.count('accepted control record');
      else if (code !== undefined && row) tally.missing(`${at} is parked for ${code}, and in the index`);
      else if (code !== undefined) tally.count(`parked ${code}`);
      else if (row) tally.count('accepted on the timeline');
      else tally.missing(`${at} is neither in the index nor parked`);
    }
  };

  const received = (partition: number) => async (records: readonly LogRecord[]): Promise<void> => {
    const parked = await parkedAt('identity-resolver', TOPICS.received, partition, records);
    for (const record of records) {
      const code = parked.get(record.offset);
      const id = code === undefined ? identity(record) : undefined;
      const met = id === undefined ? undefined : events.get(id);
      if (code !== undefined) tally.count(`parked ${code}`);
      else if (met === undefined) tally.missing(`received/${partition} ${record.offset} is neither on the timeline nor parked`);
      else tally.count(met ? 'dropped repeat of an event' : 'accepted as an event');
      if (id !== undefined && met === false) events.set(id, true);
    }
  };

  const commands = (topic: string, partition: number) => async (records: readonly LogRecord[]): Promise<void> => {
    const parked = await parkedAt('delivery-service', topic, partition, records);
    const left = records.filter(({ offset }) => !parked.has(offset));
    for (const code of parked.values()) tally.count(`parked ${code}`);
    await messages.prepare(left.map(({ value }) => value));
    const ids = left.map((record) => {
      try {
        return (messages.read('SendMessage', record.value).data as { commandId: string }).commandId;
      } catch {
        return undefined;
      }
    });
    const taken = new Set((await query<{ id: string }>(pool, 'select command_id::text as id from delivery.message where command_id = any($1::uuid[])', [ids.filter((id) => id !== undefined)])).map(({ id }) => id));
    left.forEach(({ offset }, i) => (ids[i] !== undefined && taken.has(ids[i]) ? tally.count('accepted as a command') : tally.missing(`${topic}/${partition} ${offset} is neither taken nor parked`)));
  };

  return {
    /** Of readers of the timeline, as they should have counted them. */
    dropped,
    /** Whether an event with this id came through ingest. */
    hasReceived: (messageId: string): boolean => published.has(messageId),
    /** Accounts for all records from where it stood up to these ends. @param publishers names of the keys that ingest was sent to with */
    upTo: async (ends: Ends, publishers: ReadonlySet<string>): Promise<void> => {
      for (let partition = 0; partition < partitions; partition += 1) {
        const from = done.get(`${TOPICS.timeline}/${partition}`) ?? 0;
        const rows = await query<{ offset: string }>(pool, 'select "offset" from profile.timeline_index where partition = $1 and "offset" >= $2', [partition, from]);
        await chunks(TOPICS.timeline, partition, ends.get(TOPICS.timeline)![partition]!, timeline(partition, new Set(rows.map(({ offset }) => Number(offset)))));
      }
      for (let partition = 0; partition < partitions; partition += 1) {
        const visit = received(partition);
        await chunks(TOPICS.received, partition, ends.get(TOPICS.received)![partition]!, async (records) => {
          await visit(records);
          for (const record of records) {
            const meta = metaOf(record);
            if (meta && publishers.has(meta.publisher)) published.add(meta.messageId);
          }
        });
        for (const topic of [TOPICS.commands, TOPICS.urgentCommands]) await chunks(topic, partition, ends.get(topic)![partition]!, commands(topic, partition));
      }
    },
    close: () => reader.close(),
  };
};
