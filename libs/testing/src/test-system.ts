import { randomBytes } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import pg from 'pg';
import { silentLog } from '@touchpoint/host';
import { createAppender, createKafka, createLogReader, createRegistry, createTopics, kafkaProducers, registerSchemas, type Appender, type LogReader, type LogRecord } from '@touchpoint/log';
import { createPool, migrate, type Migration, type Pool } from '@touchpoint/store';

/** A system of its own on the stack that the environment names: a database, a topic prefix, topics, schemas. Apps are configured by `env`. */
export type TestSystem = Readonly<{
  env: Readonly<Record<string, string>>;
  prefix: string;
  partitions: number;
  kafka: Kafka;
  pool: Pool;
  appender: Appender;
  reader: LogReader;
  /** Every record of a topic (its name without prefix), partition by partition. */
  readAll: (topic: string) => Promise<readonly (LogRecord & { partition: number })[]>;
  end: () => Promise<void>;
}>;

const required = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set. Specs that need the stack run through: npm test -- PATTERN`);
  return value;
};

export const createTestSystem = async ({ migrations, partitions = 4 }: { migrations: readonly Migration[]; partitions?: number }): Promise<TestSystem> => {
  const [brokers, registryUrl, adminUrl] = [required('KAFKA_BROKERS'), required('SCHEMA_REGISTRY_URL'), required('DATABASE_URL')];
  const name = `t${Date.now().toString(36)}${randomBytes(3).toString('hex')}`;
  const prefix = `${name}.`;
  const onServer = async (sql: string) => {
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await onServer(`create database ${name}`);
  const databaseUrl = Object.assign(new URL(adminUrl), { pathname: `/${name}` }).href;
  await migrate(databaseUrl, migrations);
  const kafka = createKafka({ brokers: brokers.split(','), clientId: `touchpoint-test-${name}`, log: silentLog });
  await createTopics(kafka, prefix, { partitions });
  await registerSchemas(createRegistry(registryUrl), prefix);
  const pool = createPool({ databaseUrl, name: 'test', max: 4, onError: () => undefined });
  const appender = createAppender(kafkaProducers(kafka), { log: silentLog, deadlineMs: 30_000 });
  const reader = createLogReader(kafka);
  return {
    env: {
      KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: registryUrl, DATABASE_URL: databaseUrl, TOPIC_PREFIX: prefix, PORT: '0', LOG_LEVEL: process.env['LOG_LEVEL'] ?? 'error',
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'), SOURCE_KEY_SECRET: Buffer.alloc(32, 9).toString('base64'),
    },
    prefix, partitions, kafka, pool, appender, reader,
    readAll: async (topic) => {
      const admin = kafka.admin();
      await admin.connect();
      try {
        const ends = await admin.fetchTopicOffsets(prefix + topic);
        const all = await Promise.all(ends.map(async ({ partition, low, high }) => {
          const offsets = Array.from({ length: Number(high) - Number(low) }, (_, i) => Number(low) + i);
          return (await reader.read(prefix + topic, partition, offsets)).map((record) => ({ ...record, partition }));
        }));
        return all.flat();
      } finally {
        await admin.disconnect();
      }
    },
    end: async () => {
      await appender.close();
      await reader.close();
      await pool.end();
      await onServer(`drop database ${name} with (force)`);
    },
  };
};
