import type { Kafka, Producer } from 'kafkajs';
import type { Random } from '@touchpoint/kernel';
import { ORIGIN, TOPICS, TYPE } from '@touchpoint/log';

const COUNT = 5;

/** Records as no client of ours writes them: without a key or a value, with the same header twice, without any. On the timeline they are a stranger's. */
export const bareRecords = (kafka: Kafka, chance: Random, prefix: string, partitions: number) => {
  let producer: Promise<Producer> | undefined;
  const connect = async (): Promise<Producer> => {
    const made = kafka.producer({ retry: { retries: 0 } });
    await made.connect();
    return made;
  };
  const one = () => ({
    partition: chance.below(partitions), key: chance.one([null, '', Buffer.of(0xff, 0xfe)]), value: chance.one([null, Buffer.alloc(0), Buffer.from('text')]),
    headers: chance.one<Record<string, Buffer | Buffer[]>>([{}, { [TYPE]: [Buffer.from('OrderCompleted'), Buffer.from('Tracked')] }, { [ORIGIN]: [Buffer.alloc(9), Buffer.alloc(0)] }, { ['x'.repeat(5_000)]: Buffer.alloc(0) }, { '': Buffer.from('x') }, { __proto__x: Buffer.alloc(3) }]),
  });
  return {
    /** @returns how many it sent */
    send: async (): Promise<number> => {
      const mine = await (producer ??= connect());
      await mine.send({ topic: prefix + chance.one(Object.values(TOPICS)), acks: -1, messages: Array.from({ length: COUNT }, one) as never });
      return COUNT;
    },
    close: async () => (await producer?.catch(() => undefined))?.disconnect(),
  };
};
