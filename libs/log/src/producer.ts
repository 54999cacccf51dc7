import type { Kafka } from 'kafkajs';
import { createCluster } from './protocol/cluster.ts';
import { produce, type PartitionAnswer, type PartitionBatch } from './protocol/produce.ts';

/**
 * Sends batches, never again by itself. What it answers names the partitions that answered, each with its error code.
 * One `send` at a time.
 */
export type BatchProducer = Readonly<{ send(batches: readonly PartitionBatch[]): Promise<readonly PartitionAnswer[]>; disconnect(): Promise<void> }>;
/** Makes a producer: the seam at which tests put lost and partial answers. */
export type ProducerFactory = () => Promise<BatchProducer>;

export const kafkaProducers = (kafka: Kafka): ProducerFactory => async () => {
  const cluster = createCluster(kafka);
  await cluster.connect();
  const scratch = new Map<string, Buffer>();
  return {
    send: async (batches) => {
      await cluster.addMultipleTargetTopics([...new Set(batches.map(({ topic }) => topic))]);
      await cluster.refreshMetadataIfNecessary();
      const byLeader = new Map<string, PartitionBatch[]>();
      for (const batch of batches) {
        const nodeId = Object.keys(cluster.findLeaderForPartitions(batch.topic, [batch.partition]))[0];
        if (nodeId === undefined) throw new Error(`${batch.topic}/${batch.partition} has no leader`);
        byLeader.set(nodeId, [...(byLeader.get(nodeId) ?? []), batch]);
      }
      const answers = await Promise.all(
        [...byLeader].map(async ([nodeId, theirs]) => {
          const { answers, scratch: used } = await produce(await cluster.findBroker({ nodeId }), theirs, Date.now(), scratch.get(nodeId));
          scratch.set(nodeId, used);
          return answers;
        }),
      );
      return answers.flat();
    },
    disconnect: () => cluster.disconnect(),
  };
};
