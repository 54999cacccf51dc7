import { CompressionTypes, Partitioners, type Kafka, type Producer, type RecordMetadata, type TopicMessages } from 'kafkajs';
import { transient } from '@touchpoint/kernel';
import type { Log } from '@touchpoint/host';
import { MAX_RECORD_BYTES, recordBytes, type OutRecord } from './record.ts';

/** Appends records; resolves when the broker has acknowledged every one of them (acks=all). */
export interface Appender {
  /**
   * Records of one call keep their order per partition, and calls keep theirs. What could not be acknowledged in time may still have been written:
   * readers drop repeats. @throws Failure Transient `LOG.OVERLOADED` (refused, nothing sent) or `LOG.UNAVAILABLE` (unknown, send again).
   */
  append(records: readonly OutRecord[]): Promise<void>;
  /** Bytes waiting for their acknowledgement. */
  readonly pendingBytes: number;
  close(): Promise<void>;
}

/** What one call to the broker answers: the partitions it names, each with an error code. */
export type SendBatch = (topicMessages: TopicMessages[]) => Promise<readonly Pick<RecordMetadata, 'topicName' | 'partition' | 'errorCode'>[]>;
/** Makes a producer: the seam at which tests put lost and partial answers. */
export type ProducerFactory = () => Promise<Readonly<{ send: SendBatch; disconnect(): Promise<void> }>>;

export type AppenderOptions = Readonly<{
  log: Log;
  /** A call fails with LOG.UNAVAILABLE when this has passed; without it, an append is tried until the appender closes. */
  deadlineMs?: number;
  maxPendingBytes?: number;
  perPartition?: Readonly<{ records: number; bytes: number }>;
}>;

type Call = { records: readonly OutRecord[]; bytes: number; next: number; unacked: number; deadline: number; resolve: () => void; reject: (error: Error) => void };

const SEND_TIMEOUT_MS = 15_000;

const within = async <T>(ms: number, work: () => Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
};

const BACKOFF_MS = [20, 50, 100, 250, 500, 1_000];

export const kafkaProducers = (kafka: Kafka): ProducerFactory => async () => {
  const producer: Producer = kafka.producer({ retry: { retries: 0 }, allowAutoTopicCreation: false, idempotent: false, createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  return {
    send: (topicMessages) => producer.sendBatch({ acks: -1, timeout: 10_000, compression: CompressionTypes.None, topicMessages }),
    disconnect: () => producer.disconnect(),
  };
};

/**
 * Sends one batch at a time. A send counts only when its answer names every partition sent, with error 0; after any error the producer is replaced and
 * the same records are sent again (design §3: kafkajs' own retry can acknowledge records it never sent).
 */
export const createAppender = (
  producers: ProducerFactory,
  { log, deadlineMs, maxPendingBytes = 64 * 1024 * 1024, perPartition = { records: 1_000, bytes: 700_000 } }: AppenderOptions,
): Appender => {
  const calls: Call[] = [];
  let pendingBytes = 0;
  let running: Promise<void> | undefined;
  let closed = false;
  let producer: Awaited<ReturnType<ProducerFactory>> | undefined;
  let wakeUp: (() => void) | undefined;

  /** Not awaited on the way: kafkajs disconnects only after its open requests have timed out. A late request that still lands is a repeat, dropped by seq. */
  const replaceProducer = (): Promise<void> => {
    const old = producer;
    producer = undefined;
    return old?.disconnect().catch(() => undefined) ?? Promise.resolve();
  };

  /** Takes what fits one send, in order: a call's records for a full partition wait, and so does all that follows in that call. */
  const nextBatch = () => {
    const batch = new Map<string, Map<number, OutRecord[]>>();
    const filled = new Map<OutRecord[], number>();
    const taken: { call: Call; count: number }[] = [];
    for (const call of calls) {
      const from = call.next;
      while (call.next < call.records.length) {
        const record = call.records[call.next]!;
        let partitions = batch.get(record.topic);
        if (!partitions) batch.set(record.topic, (partitions = new Map()));
        let bucket = partitions.get(record.partition);
        if (!bucket) partitions.set(record.partition, (bucket = []));
        const bytes = (filled.get(bucket) ?? 0) + recordBytes(record);
        if (bucket.length >= perPartition.records || (bucket.length > 0 && bytes > perPartition.bytes)) break;
        bucket.push(record);
        filled.set(bucket, bytes);
        call.next += 1;
      }
      if (call.next > from) taken.push({ call, count: call.next - from });
      if (call.next < call.records.length) break;
    }
    const topicMessages = [...batch].map(([topic, partitions]) => ({
      topic,
      messages: [...partitions].flatMap(([partition, records]) => records.map(({ key, value, headers }) => ({ partition, key, value, headers }))),
    }));
    const sent = [...batch].flatMap(([topic, partitions]) => [...partitions].filter(([, records]) => records.length > 0).map(([partition]) => `${topic}/${partition}`));
    return { topicMessages: topicMessages.filter(({ messages }) => messages.length > 0), sent, taken };
  };

  const trySend = async ({ topicMessages, sent }: ReturnType<typeof nextBatch>) => {
    const answers = await within(deadlineMs ?? SEND_TIMEOUT_MS, async () => {
      producer ??= await producers();
      return producer.send(topicMessages);
    });
    const answer = new Map(answers.map(({ topicName, partition, errorCode }) => [`${topicName}/${partition}`, errorCode]));
    const unnamed = sent.filter((partition) => answer.get(partition) !== 0);
    if (unnamed.length > 0) throw new Error(`the answer does not acknowledge ${unnamed.slice(0, 5).join(', ')}`);
  };

  const fail = (call: Call, error: Error) => {
    calls.splice(calls.indexOf(call), 1);
    pendingBytes -= call.bytes;
    call.reject(error);
  };

  const drain = async () => {
    while (calls.length > 0) await sendNext();
    running = undefined;
  };

  const sendNext = async () => {
      const batch = nextBatch();
      for (let attempt = 0; ; attempt += 1) {
        try {
          await trySend(batch);
          break;
        } catch (cause) {
          log.warn({ attempt, error: cause }, 'send not acknowledged; the producer is replaced and the same records are sent again');
          void replaceProducer();
          const late = batch.taken.filter(({ call }) => closed || Date.now() >= call.deadline);
          for (const { call } of late) fail(call, transient('LOG.UNAVAILABLE', 'the log did not acknowledge in time', cause));
          if (late.length > 0) {
            // What is left was batched with calls that gave up: put it back and batch it anew, in the same order.
            for (const { call, count } of batch.taken) if (calls.includes(call)) call.next -= count;
            batch.taken.length = 0;
            break;
          }
          const pause = BACKOFF_MS[Math.min(attempt, BACKOFF_MS.length - 1)]!;
          await new Promise<void>((resolve) => {
            wakeUp = resolve;
            setTimeout(resolve, pause);
          });
        }
      }
      for (const { call, count } of batch.taken) {
        call.unacked -= count;
        if (call.unacked > 0) continue;
        calls.splice(calls.indexOf(call), 1);
        pendingBytes -= call.bytes;
        call.resolve();
      }
  };

  return {
    get pendingBytes() {
      return pendingBytes;
    },
    append: (records) => {
      if (records.length === 0) return Promise.resolve();
      if (closed) return Promise.reject(transient('LOG.UNAVAILABLE', 'the appender is closed'));
      let bytes = 0;
      for (const record of records) {
        const size = recordBytes(record);
        if (size > MAX_RECORD_BYTES) return Promise.reject(new Error(`a record of ${size} bytes is more than the log takes (${MAX_RECORD_BYTES})`));
        bytes += size;
      }
      if (pendingBytes > 0 && pendingBytes + bytes > maxPendingBytes) return Promise.reject(transient('LOG.OVERLOADED', 'too many bytes wait for the log'));
      pendingBytes += bytes;
      return new Promise<void>((resolve, reject) => {
        calls.push({ records, bytes, next: 0, unacked: records.length, deadline: deadlineMs === undefined ? Infinity : Date.now() + deadlineMs, resolve, reject });
        // Deferred by a microtask turn, so that calls made in the same tick share a send.
        running ??= Promise.resolve().then(drain);
      });
    },
    close: async () => {
      closed = true;
      wakeUp?.();
      await running;
      await replaceProducer();
    },
  };
};
