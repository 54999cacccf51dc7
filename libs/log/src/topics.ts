import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { DAY, parseDuration } from '@touchpoint/kernel';
import type { Admin, ITopicConfig, Kafka } from 'kafkajs';
import { kafkaFailure } from './kafka-access.ts';

const Declared = z.object({
  topics: z.array(z.strictObject({ name: z.string(), key: z.string(), partitions: z.int().positive(), retention: z.string(), why: z.string() })),
});
/** A topic as deploy/topics.yaml has it; `retentionMs` is -1 for ever. */
export type TopicDeclaration = z.infer<typeof Declared>['topics'][number] & Readonly<{ retentionMs: number }>;

export const TOPICS = {
  received: 'touchpoints.received',
  timeline: 'customers.timeline',
  commands: 'delivery.commands',
  urgentCommands: 'delivery.commands.urgent',
} as const;

/** A file of the repository (or of the image, which has the same folders), found upwards from this module: source and bundle lie at different depths. */
export const repositoryFile = (path: string): string => {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const file = join(folder, path);
    if (existsSync(file)) return file;
    if (dirname(folder) === folder) throw new Error(`${path} lies in no folder above ${import.meta.dirname}`);
  }
};

const retentionMs = (retention: string): number => {
  if (retention === 'forever') return -1;
  const ms = parseDuration(retention);
  if (ms === undefined || ms < DAY) throw new Error(`retention ${retention} is neither "forever" nor a duration of at least a day`);
  return ms;
};

/** @throws Error for anything that is not a list of topics, each with all its fields and no other. */
export const parseTopics = (yaml: string): readonly TopicDeclaration[] => Declared.parse(parse(yaml)).topics.map((topic) => ({ ...topic, retentionMs: retentionMs(topic.retention) }));

/** What deploy/topics.yaml declares. */
export const declaredTopics = (): readonly TopicDeclaration[] => parseTopics(readFileSync(repositoryFile('deploy/topics.yaml'), 'utf8'));

const LEADERS_WITHIN_MS = 30_000;

/**
 * Creates topics and waits until each partition has a leader that answers. (kafkajs' own wait gives up when the broker it asks has not heard of a new topic yet.)
 * @throws what the broker last said, after 30 s.
 */
export const makeTopics = async (admin: Admin, topics: readonly ITopicConfig[]): Promise<void> => {
  await admin.createTopics({ waitForLeaders: false, topics: [...topics] });
  const names = topics.map(({ topic }) => topic);
  for (const until = Date.now() + LEADERS_WITHIN_MS; ; ) {
    try {
      const found = (await admin.fetchTopicMetadata({ topics: names })).topics;
      const led = found.every(({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0));
      // A leader that is named may not have heard of it yet: it is there when it answers.
      if (led) await Promise.all(names.map((name) => admin.fetchTopicOffsets(name)));
      if (led) return;
      if (Date.now() > until) throw new Error(`no leader for every partition of ${names.join(', ')}`);
    } catch (error) {
      if (Date.now() > until) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

/** Every app and command begins with this: it is the first contact with the brokers, whose refusal says what to set. */
const withAdmin = async <T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } catch (error) {
    throw kafkaFailure(error);
  } finally {
    await admin.disconnect();
  }
};

/**
 * Creates the declared topics that are missing; never changes one that is there.
 * @param partitions instead of the declared count: for tests and small machines, the same for every topic.
 */
export const createTopics = async (kafka: Kafka, prefix: string, { partitions }: { partitions?: number } = {}): Promise<readonly string[]> =>
  withAdmin(kafka, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const missing = declaredTopics().filter(({ name }) => !existing.has(prefix + name));
    if (missing.length > 0)
      await makeTopics(
        admin,
        missing.map((topic) => ({
          topic: prefix + topic.name,
          numPartitions: partitions ?? topic.partitions,
          configEntries: [
            { name: 'retention.ms', value: String(topic.retentionMs) },
            // One clock orders a partition: "resolved up to" is a time of the broker, not of a publisher.
            { name: 'message.timestamp.type', value: 'LogAppendTime' },
          ],
        })),
      );
    return missing.map(({ name }) => prefix + name);
  });

/** The partition counts of our topics as the broker has them, by full name. @throws Error naming the topics that are missing. */
export const partitionCounts = async (kafka: Kafka, prefix: string): Promise<ReadonlyMap<string, number>> =>
  withAdmin(kafka, async (admin) => {
    const existing = new Set(await admin.listTopics());
    const names = Object.values(TOPICS).map((name) => prefix + name);
    const missing = names.filter((name) => !existing.has(name));
    if (missing.length > 0) throw new Error(`missing topics: ${missing.join(', ')}. Create them with: npx touchpoint topics --create`);
    const { topics } = await admin.fetchTopicMetadata({ topics: names });
    return new Map(topics.map(({ name, partitions: found }) => [name, found.length]));
  });
