import { makeTopics } from './topics.ts';
import { randomBytes } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { silentLog } from '@touchpoint/host';
import { createKafka } from './kafka.ts';
import type { OutRecord } from './record.ts';

type Env = Readonly<Record<string, string | undefined>>;
const required = (env: Env, name: string): string => {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set. Specs that need the stack run through: npm test -- PATTERN`);
  return value;
};

/** The log that the environment names, and a prefix of a spec's own on it: `realLog(process.env)`. */
export const realLog = (env: Env) => {
  const prefix = `spec-${randomBytes(5).toString('hex')}.`;
  const kafka = createKafka({ brokers: required(env, 'KAFKA_BROKERS').split(','), clientId: 'touchpoint-spec', log: silentLog });
  return { prefix, kafka, registryUrl: required(env, 'SCHEMA_REGISTRY_URL') };
};

export const createTopic = async (kafka: Kafka, topic: string, partitions: number, config: Readonly<Record<string, string>> = {}): Promise<void> => {
  const admin = kafka.admin();
  await admin.connect();
  await makeTopics(admin, [{ topic, numPartitions: partitions, configEntries: Object.entries(config).map(([name, value]) => ({ name, value })) }]);
  await admin.disconnect();
};

/** Records `from` … `from + count - 1` of a partition, each with its number as value. */
export const numbered = (topic: string, partition: number, count: number, from = 0): readonly OutRecord[] =>
  Array.from({ length: count }, (_, i) => ({ topic, partition, key: `key-${(from + i) % 7}`, value: Buffer.from(String(from + i)), headers: { type: Buffer.from('Numbered'), n: Buffer.of(i % 256) } }));
