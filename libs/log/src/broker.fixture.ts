import type { BatchProducer, ProducerFactory } from './producer.ts';
import type { PartitionAnswer, PartitionBatch } from './protocol/produce.ts';
import type { LogRecord, OutRecord } from './record.ts';

export type Act = (batches: readonly PartitionBatch[], broker: FakeBroker) => Promise<readonly PartitionAnswer[]>;

/** A broker whose answers are lost, partial, late or errors, as an act per send says. Without an act it takes everything and says so. */
export class FakeBroker {
  readonly acts: Act[] = [];
  readonly sends: (readonly PartitionBatch[])[] = [];
  asked = 0;
  made = 0;
  disconnected = 0;
  inFlight = 0;
  mostInFlight = 0;
  connecting: Promise<void> = Promise.resolve();
  readonly #log = new Map<string, OutRecord[]>();

  readonly producers: ProducerFactory = async () => {
    this.asked += 1;
    await this.connecting;
    this.made += 1;
    return {
      send: async (batches) => {
        this.sends.push(batches);
        this.inFlight += 1;
        this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
        try {
          return await (this.acts.shift() ?? takeAll)(batches, this);
        } finally {
          this.inFlight -= 1;
        }
      },
      disconnect: () => Promise.resolve(void (this.disconnected += 1)),
    } satisfies BatchProducer;
  };

  land(batches: readonly PartitionBatch[]): readonly PartitionAnswer[] {
    return batches.map(({ topic, partition, records }) => {
      const name = `${topic}/${partition}`;
      this.#log.set(name, [...(this.#log.get(name) ?? []), ...records]);
      return { topic, partition, errorCode: 0 };
    });
  }

  /** What a reader of a partition gets. */
  records(partition: number, topic = 't'): LogRecord[] {
    return (this.#log.get(`${topic}/${partition}`) ?? []).map(({ key, value, headers }, offset) => ({ offset, key, timestamp: 0, value, headers }));
  }

  /** The values on a partition. */
  log(partition: number, topic = 't'): string[] {
    return this.records(partition, topic).map(({ value }) => value.toString());
  }
}

export const takeAll: Act = (batches, broker) => Promise.resolve(broker.land(batches));
export const refuseAll = (errorCode: number): Act => (batches) => Promise.resolve(batches.map(({ topic, partition }) => ({ topic, partition, errorCode })));
export const takeNothing: Act = () => Promise.reject(new Error('connection closed'));
/** It landed, and the answer was lost. */
export const takeAndBreak: Act = (batches, broker) => {
  broker.land(batches);
  return Promise.reject(new Error('connection closed'));
};
export const never: Act = () => new Promise(() => undefined);
/** Names only the partitions that it took. */
export const takeSome = (...partitions: readonly number[]): Act => (batches, broker) => Promise.resolve(broker.land(batches.filter(({ partition }) => partitions.includes(partition))));

export const record = (partition: number, value: string | Buffer, topic = 't'): OutRecord => ({ topic, partition, key: 'k', value: Buffer.from(value), headers: {} });

/** Waits for a condition that the spec brings about itself. */
export const until = async (what: string, holds: () => boolean): Promise<void> => {
  for (const limit = Date.now() + 30_000; !holds(); ) {
    if (Date.now() > limit) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
};
