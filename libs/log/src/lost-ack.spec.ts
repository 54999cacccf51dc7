import { describe, expect, it } from '@jest/globals';
import { createRequire } from 'node:module';
import { silentLog } from '@touchpoint/host';
import { createAppender } from './appender.ts';
import { FakeBroker, record } from './broker.fixture.ts';

/** Why nothing here stands on kafkajs' producer: the same move of a leader, sent by it and by us. */
const require = createRequire(import.meta.url);
const KAFKAJS = 'kafkajs/src/';
const sendMessages = require(`${KAFKAJS}producer/sendMessages`) as (options: object) => (send: object) => Promise<readonly unknown[]>;
const createRetry = require(`${KAFKAJS}retry`) as (options: object) => unknown;
const { createErrorFromCode } = require(`${KAFKAJS}protocol/error`) as { createErrorFromCode: (code: number) => Error };
const NOT_LEADER = 6;

/** Broker 1 leads partition 0, broker 2 leads partition 1 and hands it over to broker 1 when it is asked to take a record. */
const twoBrokers = () => {
  const leader: Record<number, string> = { 0: '1', 1: '2' };
  const landed: string[] = [];
  const take = (nodeId: string, partition: number, values: readonly string[]): boolean => {
    if (leader[partition] !== nodeId || nodeId === '2') {
      leader[1] = '1';
      return false;
    }
    landed.push(...values);
    return true;
  };
  return { leader, landed, take };
};

describe('Acknowledged is kept: a leader that moves during a send', () => {
  const byKafkajs = async (retries: number) => {
    const { leader, landed, take } = twoBrokers();
    type Data = { topic: string; partitions: { partition: number; messages: { value: string }[] }[] }[];
    const broker = (nodeId: string) => ({
      nodeId,
      isConnected: () => true,
      produce: async ({ topicData }: { topicData: Data }) => {
        for (const { partitions } of topicData) for (const { partition, messages } of partitions) if (!take(nodeId, partition, messages.map(({ value }) => value))) throw createErrorFromCode(NOT_LEADER);
        return { topics: topicData.map(({ topic, partitions }) => ({ topicName: topic, partitions: partitions.map(({ partition }) => ({ partition, errorCode: 0, baseOffset: '0' })) })) };
      },
    });
    const brokers: Record<string, object> = { 1: broker('1'), 2: broker('2') };
    const nothing = () => Promise.resolve();
    const send = sendMessages({
      logger: { debug: () => undefined, error: () => undefined, warn: () => undefined, info: () => undefined },
      cluster: {
        targetTopics: new Set(['t']), isConnected: () => true, removeBroker: () => undefined, refreshMetadataIfNecessary: nothing, refreshMetadata: nothing, addMultipleTargetTopics: nothing,
        findTopicPartitionMetadata: () => [0, 1].map((partitionId) => ({ partitionId, leader: Number(leader[partitionId]) })),
        findLeaderForPartitions: (_: string, partitions: readonly (number | string)[]) => partitions.reduce<Record<string, number[]>>((found, p) => ({ ...found, [leader[Number(p)]!]: [...(found[leader[Number(p)]!] ?? []), Number(p)] }), {}),
        findBroker: ({ nodeId }: { nodeId: string }) => Promise.resolve(brokers[nodeId]),
      },
      partitioner: ({ message }: { message: { partition: number } }) => message.partition,
      eosManager: { acquireBrokerLock: nothing, releaseBrokerLock: nothing, isTransactional: () => false, getSequence: () => 0, updateSequence: () => undefined, getProducerId: () => -1, getProducerEpoch: () => 0 },
      retrier: createRetry({ retries, initialRetryTime: 1 }),
    });
    const outcome = await send({ acks: -1, timeout: 1_000, compression: 0, topicMessages: [{ topic: 't', messages: [{ partition: 0, value: 'a' }, { partition: 1, value: 'b' }] }] }).then(() => 'acknowledged', () => 'refused');
    return { outcome, landed };
  };

  it('makes kafkajs acknowledge what it never sent', async () => expect(await byKafkajs(5)).toEqual({ outcome: 'acknowledged', landed: ['a'] }));
  it('makes kafkajs without retries refuse it', async () => expect(await byKafkajs(0)).toEqual({ outcome: 'refused', landed: ['a'] }));
  it('makes us send it again until it has landed', async () => {
    const { leader, landed, take } = twoBrokers();
    const broker = new FakeBroker();
    broker.acts.push(...Array.from({ length: 3 }, () => async (batches: Parameters<FakeBroker['land']>[0]) => {
      const leaders = { ...leader };
      return batches.map(({ topic, partition, records }) => ({ topic, partition, errorCode: take(leaders[partition]!, partition, records.map(({ value }) => value.toString())) ? 0 : NOT_LEADER }));
    }));
    await createAppender(broker.producers, { log: silentLog, backoffMs: [1] }).append([record(0, 'a'), record(1, 'b')]);
    expect(landed).toEqual(['a', 'a', 'b']);
  });
});
