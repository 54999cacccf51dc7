import type { Kafka } from 'kafkajs';
import type { LogReader, LogRecord } from '@touchpoint/log';

export type Placed = LogRecord & Readonly<{ partition: number }>;

const AT_ONCE = 2_000;

/** Every record of a topic, partition by partition, in the order of the log. @param topic its full name */
export const readTopic = async (kafka: Kafka, reader: LogReader, topic: string): Promise<readonly Placed[]> => {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const all: Placed[] = [];
    for (const { partition, low, high } of (await admin.fetchTopicOffsets(topic)).sort((a, b) => a.partition - b.partition))
      for (let from = Number(low); from < Number(high); from += AT_ONCE) {
        const offsets = Array.from({ length: Math.min(AT_ONCE, Number(high) - from) }, (_, i) => from + i);
        for (const record of await reader.read(topic, partition, offsets)) all.push({ ...record, partition });
      }
    return all;
  } finally {
    await admin.disconnect();
  }
};
