import type { Admin, Kafka } from 'kafkajs';

/** The first offset that a partition holds, and the one behind its last. */
export type Ends = ReadonlyMap<number, Readonly<{ low: number; high: number }>>;

/** Asks the brokers where topics begin and end. One connection, made when it is first needed and anew after an error. */
export class LogEnds {
  readonly #kafka: Kafka;
  #admin: Promise<Admin> | undefined;

  constructor(kafka: Kafka) {
    this.#kafka = kafka;
  }

  async of(topic: string): Promise<Ends> {
    const mine = (this.#admin ??= this.#connect());
    try {
      const offsets = await (await mine).fetchTopicOffsets(topic);
      return new Map(offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
    } catch (error) {
      if (this.#admin === mine) this.#admin = undefined;
      void mine.then((admin) => admin.disconnect()).catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    const mine = this.#admin;
    this.#admin = undefined;
    await (await mine?.catch(() => undefined))?.disconnect();
  }

  async #connect(): Promise<Admin> {
    const admin = this.#kafka.admin({ retry: { retries: 1 } });
    await admin.connect();
    return admin;
  }
}
