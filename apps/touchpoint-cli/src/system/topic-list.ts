import { declaredTopics } from '@touchpoint/log';
import type { Connections } from '@touchpoint/stack';
import { kafkaFor } from './set-up.ts';

/** A declared topic as the broker has it: `partitions` and `records` (those still kept) are null where it is missing. */
export type TopicStatus = Readonly<{ name: string; partitions: number | null; records: number | null; retention: string; key: string; why: string }>;

export const listTopics = async (connections: Pick<Connections, 'kafkaBrokers'>, prefix: string): Promise<readonly TopicStatus[]> => {
  const admin = kafkaFor(connections).admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    return await Promise.all(declaredTopics().map(async ({ name: bare, retention, key, why }) => {
      const name = prefix + bare;
      const offsets = existing.has(name) ? await admin.fetchTopicOffsets(name) : undefined;
      return { name, partitions: offsets?.length ?? null, records: offsets?.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0) ?? null, retention, key, why };
    }));
  } finally {
    await admin.disconnect();
  }
};
