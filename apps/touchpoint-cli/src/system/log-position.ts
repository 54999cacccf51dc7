import type { Admin } from 'kafkajs';
import { declaredTopics } from '@touchpoint/log';
import type { Connections } from '@touchpoint/stack';
import { query } from '@touchpoint/store';
import { commandPool, kafkaFor } from './set-up.ts';
import type { Consumers } from './idle.ts';

/** Looks at a system's log from outside: how far checkpoints are behind the ends of the topics. */
export type LogPosition = Readonly<{
  /** The consumer that does not have all partitions of its topic yet; undefined where there is none. */
  uncovered: (consumers: Consumers) => Promise<string | undefined>;
  /** What is still to be done; undefined where nothing is. */
  behind: (consumers: Consumers) => Promise<string | undefined>;
  close: () => Promise<void>;
}>;

type Ends = ReadonlyMap<string, ReadonlyMap<number, number>>;

export const openLogPosition = async (connections: Connections, prefix: string): Promise<LogPosition> => {
  const topics = declaredTopics().map(({ name }) => name);
  const admin = kafkaFor(connections).admin();
  const pool = commandPool(connections.databaseUrl);
  await admin.connect();
  return {
    uncovered: async (consumers) => {
      const ends = await endsOf(admin, topics, prefix);
      const missing = [...consumers.values()].find(({ topic, partitions }) => partitions.size < (ends.get(topic.slice(prefix.length))?.size ?? 0));
      return missing && `${missing.consumer} has not taken all partitions of ${missing.topic} yet`;
    },
    behind: async (consumers) => {
      // The order matters: what a commit before the second look still has to send is seen in the third, or has moved an end in the last.
      const before = await endsOf(admin, topics, prefix);
      const rows = await query<{ consumer: string; topic: string; partition: number; next_offset: string }>(pool, 'select consumer, topic, partition, next_offset from log.checkpoint');
      const lags = new Map<string, number>();
      for (const { consumer, topic, partition, next_offset } of rows) {
        // A consumer that no app has any more is no concern of ours.
        if (!consumers.has(`${consumer} ${prefix}${topic}`)) continue;
        const lag = (before.get(topic)?.get(partition) ?? 0) - Number(next_offset);
        if (lag > 0) lags.set(`${consumer} on ${topic}`, (lags.get(`${consumer} on ${topic}`) ?? 0) + lag);
      }
      const unread = [...lags].sort((a, b) => b[1] - a[1])[0];
      if (unread) return `${unread[0]} is ${unread[1]} records behind`;
      const [pending] = await query<{ consumer: string; count: string }>(pool, 'select consumer, count(*) from log.pending group by consumer limit 1');
      if (pending) return `${pending.consumer} has ${pending.count} sends to do`;
      return same(before, await endsOf(admin, topics, prefix)) ? undefined : 'records are still being written';
    },
    close: async () => {
      await Promise.allSettled([admin.disconnect(), pool.end()]);
    },
  };
};

/** The offset behind the last record of each partition, by the topic's name without prefix. */
const endsOf = async (admin: Admin, topics: readonly string[], prefix: string): Promise<Ends> =>
  new Map(await Promise.all(topics.map(async (topic) => [topic, new Map((await admin.fetchTopicOffsets(prefix + topic)).map(({ partition, high }) => [partition, Number(high)]))] as const)));

const same = (a: Ends, b: Ends): boolean => [...a].every(([topic, ends]) => [...ends].every(([partition, end]) => b.get(topic)?.get(partition) === end));
