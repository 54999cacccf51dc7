import type { Admin, Kafka } from 'kafkajs';
import { logMismatch, type Instant } from '@touchpoint/kernel';

/** The first offset a partition holds, and the one behind its last. */
export type Bounds = Readonly<{ low: number; high: number }>;

/** The log must still hold what a checkpoint needs, and must not be shorter than it. @throws Failure LogMismatch that names the exact gap. */
export const checkBounds = (topic: string, partition: number, next: number, { low, high }: Bounds): void => {
  if (next < low)
    throw logMismatch('LOG.RETENTION_GAP', `${topic}/${partition}: the checkpoint needs offset ${next}, the log begins at ${low}: ${low - next} records are gone. Raise the topic's retention, then restore.`);
  if (next > high)
    throw logMismatch('LOG.CUT', `${topic}/${partition}: the checkpoint is at ${next}, the log ends at ${high}: it was cut or created again. Nothing is consumed until: touchpoint restore.`);
};

/** Asks for the bounds of topics, and for what a group has committed. One connection, made when it is first needed and anew after an error. */
export class LogBounds {
  readonly #kafka: Kafka;
  #admin: Promise<Admin> | undefined;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  async of(topic: string): Promise<ReadonlyMap<number, Bounds>> {
    return this.#ask(async (admin) => new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }])));
  }

  /** The first offset of each partition whose record is of an instant or later; behind the last, where there is none. */
  async at(topic: string, at: Instant): Promise<ReadonlyMap<number, number>> {
    return this.#ask(async (admin) => new Map((await admin.fetchTopicOffsetsByTimestamp(topic, at)).map(({ partition, offset }) => [partition, Number(offset)])));
  }

  /** What a group has committed, by `topic/partition`; offset -1: nothing. `mark`: what was written beside it. */
  async committed(group: string, topics: readonly string[]): Promise<ReadonlyMap<string, Readonly<{ offset: number; mark: string | null }>>> {
    const found = await this.#ask((admin) => admin.fetchOffsets({ groupId: group, topics: [...topics] }));
    return new Map(found.flatMap(({ topic, partitions }) => partitions.map(({ partition, offset, metadata }) => [`${topic}/${partition}`, { offset: Number(offset), mark: metadata }] as const)));
  }

  async #ask<T>(question: (admin: Admin) => Promise<T>): Promise<T> {
    const mine = (this.#admin ??= this.#connect());
    try {
      return await question(await mine);
    } catch (error) {
      if (this.#admin === mine) this.#admin = undefined;
      void mine.then((admin) => admin.disconnect()).catch(() => undefined);
      throw error;
    }
  }

  async check(topic: string, partition: number, next: number): Promise<void> {
    const bounds = (await this.of(topic)).get(partition);
    if (!bounds) throw new Error(`${topic}/${partition}: the broker does not name its bounds`);
    checkBounds(topic, partition, next, bounds);
  }

  async close(): Promise<void> {
    const mine = this.#admin;
    this.#admin = undefined;
    await (await mine?.catch(() => undefined))?.disconnect();
  }

  async #connect(): Promise<Admin> {
    const admin = this.#kafka.admin({ retry: { retries: 2 } });
    await admin.connect();
    return admin;
  }
}
