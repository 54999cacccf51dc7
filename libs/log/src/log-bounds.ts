import type { Admin, Kafka } from 'kafkajs';
import { logMismatch } from '@touchpoint/kernel';

/** The first offset a partition holds, and the one behind its last. */
export type Bounds = Readonly<{ low: number; high: number }>;

/** The log must still hold what a checkpoint needs, and must not be shorter than it. @throws Failure LogMismatch that names the exact gap. */
export const checkBounds = (topic: string, partition: number, next: number, { low, high }: Bounds): void => {
  if (next < low)
    throw logMismatch('LOG.RETENTION_GAP', `${topic}/${partition}: the checkpoint needs offset ${next}, the log begins at ${low}: ${low - next} records are gone. Raise the topic's retention, then restore.`);
  if (next > high)
    throw logMismatch('LOG.CUT', `${topic}/${partition}: the checkpoint is at ${next}, the log ends at ${high}: it was cut or created again. Nothing is consumed until: touchpoint restore.`);
};

/** Asks for the bounds of topics. One connection, made when it is first needed and anew after an error. */
export class LogBounds {
  readonly #kafka: Kafka;
  #admin: Promise<Admin> | undefined;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  async of(topic: string): Promise<ReadonlyMap<number, Bounds>> {
    const mine = (this.#admin ??= this.#connect());
    try {
      return new Map((await (await mine).fetchTopicOffsets(topic)).map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
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
