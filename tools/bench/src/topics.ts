import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLog } from '@touchpoint/host';
import { createKafka, makeTopics } from '@touchpoint/log';
import type { Stack } from '@touchpoint/stack';
import { PARTITIONS } from './lab.ts';

const withAdmin = async <T>(brokers: readonly string[], work: (admin: ReturnType<ReturnType<typeof createKafka>['admin']>) => Promise<T>): Promise<T> => {
  const admin = createKafka({ brokers, clientId: 'touchpoint-bench', log: silentLog }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
};

/** Plain topics of a benchmark's own, with as many partitions as ours have. */
export const createTopics = (brokers: readonly string[], topics: readonly string[]): Promise<void> =>
  withAdmin(brokers, async (admin) => makeTopics(admin, topics.map((topic) => ({ topic, numPartitions: PARTITIONS }))));
export const deleteTopics = (brokers: readonly string[], topics: readonly string[]): Promise<void> => withAdmin(brokers, (admin) => admin.deleteTopics({ topics: [...topics] }));
/** The offset behind the last record of each partition. */
export const endsOf = (brokers: readonly string[], topic: string): Promise<ReadonlyMap<number, number>> =>
  withAdmin(brokers, async (admin) => new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)])));

/** Bytes that a topic takes on the disk of a stack's one broker: its records with keys, headers and the frames of their batches. */
export const bytesOnDisk = async (stack: Stack, topic: string): Promise<number> => {
  const data = join(stack.dir, 'kafka/data');
  const folders = (await readdir(data)).filter((name) => name.startsWith(`${topic}-`) && /^\d+$/.test(name.slice(topic.length + 1)));
  const files = (await Promise.all(folders.map(async (folder) => (await readdir(join(data, folder))).filter((name) => name.endsWith('.log')).map((name) => join(data, folder, name))))).flat();
  return (await Promise.all(files.map(async (file) => (await stat(file)).size))).reduce((sum, size) => sum + size, 0);
};
