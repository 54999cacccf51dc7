import type { Instant } from '@touchpoint/kernel';
import { TOPICS, type LogBounds, type LogReader } from '@touchpoint/log';
import { query, type Pool } from './pool.ts';

/** A consumer and what it reads. `sendsByOffset`: its rows in `log.pending` are numbered by source offset: what is not known to be sent counts as not processed. */
export type LogConsumer = Readonly<{ consumer: string; topic: string; sendsByOffset?: boolean }>;

/** The consumers of our apps, in the order of an event's way. */
export const CONSUMERS = {
  resolver: { consumer: 'identity-resolver', topic: TOPICS.received, sendsByOffset: true },
  projector: { consumer: 'profile-projector', topic: TOPICS.timeline },
  orchestrator: { consumer: 'channel-orchestrator', topic: TOPICS.timeline },
  delivery: { consumer: 'delivery-service', topic: TOPICS.commands },
  urgentDelivery: { consumer: 'delivery-service', topic: TOPICS.urgentCommands },
} as const satisfies Readonly<Record<string, LogConsumer>>;

/**
 * How far a consumer is on a partition. `next`: the first offset that it has not passed; `begin` and `end`: what the log holds. `waitingSince`: when the oldest record
 * that waits came onto the log; null where none waits, undefined where retention took it since the ends were read.
 */
export type PartitionLag = Readonly<{ consumer: string; topic: string; partition: number; next: number; begin: number; end: number; records: number; waitingSince: Instant | null | undefined }>;

const POSITIONS = `select c.consumer, c.topic, c.partition, case when w.by_offset then least(c.next_offset,
    (select min(p.id) from log.pending p where (p.consumer, p.topic, p.partition) = (c.consumer, c.topic, c.partition) and p.id >= 0)) else c.next_offset end::float8 as next
  from log.checkpoint c join unnest($1::text[], $2::text[], $3::boolean[]) w (consumer, topic, by_offset) using (consumer, topic)`;

/**
 * How far consumers are behind the log, whether they run or not: positions are in Postgres, ends and times on the log. Positions are read before the ends: what is
 * appended in between counts as waiting, so the lag is never told too small.
 */
export class LogLag {
  readonly #pool: Pool;
  readonly #ends: LogBounds;
  readonly #reader: LogReader;
  readonly #nameOf: (topic: string) => string;
  /** When the record at an offset came onto the log; of each partition the last one that was asked for, by consumer. */
  readonly #times = new Map<string, Readonly<{ offset: number; at: Instant }>>();

  constructor(pool: Pool, ends: LogBounds, reader: LogReader, nameOf: (topic: string) => string) {
    [this.#pool, this.#ends, this.#reader, this.#nameOf] = [pool, ends, reader, nameOf];
  }

  /** Of every partition of what these consumers read; one that they never began counts from the beginning of the log. @throws what Postgres or the brokers answer */
  async of(consumers: readonly LogConsumer[]): Promise<readonly PartitionLag[]> {
    const rows = await query<{ consumer: string; topic: string; partition: number; next: number }>(this.#pool, POSITIONS,
      [consumers.map(({ consumer }) => consumer), consumers.map(({ topic }) => topic), consumers.map(({ sendsByOffset = false }) => sendsByOffset)]);
    const positions = new Map(rows.map(({ consumer, topic, partition, next }) => [`${consumer} ${topic}/${partition}`, next]));
    const topics = [...new Set(consumers.map(({ topic }) => topic))];
    const ends = new Map(await Promise.all(topics.map(async (topic) => [topic, await this.#ends.of(this.#nameOf(topic))] as const)));
    return Promise.all(consumers.flatMap(({ consumer, topic }) => [...ends.get(topic)!].map(async ([partition, { low: begin, high: end }]) => {
      const next = positions.get(`${consumer} ${topic}/${partition}`) ?? 0;
      const from = Math.max(next, begin);
      const waitingSince = from < end ? await this.#timeOf(consumer, topic, partition, from) : null;
      return { consumer, topic, partition, next, begin, end, records: Math.max(0, end - from), waitingSince };
    })));
  }

  async #timeOf(consumer: string, topic: string, partition: number, offset: number): Promise<Instant | undefined> {
    const key = `${consumer} ${topic}/${partition}`;
    const known = this.#times.get(key);
    if (known?.offset === offset) return known.at;
    const [record] = await this.#reader.read(this.#nameOf(topic), partition, [offset]);
    if (record) this.#times.set(key, { offset, at: record.timestamp });
    return record?.timestamp;
  }
}
