import { randomBytes } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { silentLog, type Log } from '@touchpoint/host';
import { freshDatabase } from '@touchpoint/host/testing';
import { createAppender, createKafka, createLogReader, kafkaProducers, makeTopics, PartitionWorker, type Appender, type LogReader, type OutRecord, type PartitionWorkerOptions } from '@touchpoint/log';
import { EFFECTS, openEffects, type EffectsPorts } from './effects.fixture.ts';
import { migrate, migrations } from './migrate.ts';
import { createPool, type Pool } from './pool.ts';

/** A database with checkpoints and a log, for specs that run workers. */
export type WorkerSystem = Readonly<{
  kafka: Kafka;
  pool: Pool;
  appender: Appender;
  reader: LogReader;
  /** A topic's full name; it is created. */
  topic: (name: string, partitions: number) => Promise<string>;
  /** A worker whose effects are rows. It is stopped at the end, if it still runs. */
  worker: (topic: string, options: Partial<EffectsPorts> & { name: string; onFatal?: (error: Error) => void; log?: Log } & Partial<Pick<PartitionWorkerOptions, 'backoffMs' | 'concurrency' | 'maxBytesPerPartition' | 'onForeignOffset' | 'doubtAfterMs'>>) => PartitionWorker;
  raiseVersion: (topic: string, partition: number) => Promise<void>;
  end: () => Promise<void>;
}>;

export const numbered = (topic: string, partition: number, count: number, from = 0): readonly OutRecord[] =>
  Array.from({ length: count }, (_, i) => ({ topic, partition, key: `key-${i % 7}`, value: Buffer.from(String(from + i)), headers: {} }));

/** `workerSystem(process.env)` */
export const workerSystem = async (env: Readonly<Record<string, string | undefined>>): Promise<WorkerSystem> => {
  const prefix = `spec-${randomBytes(5).toString('hex')}.`;
  const database = await freshDatabase(env['DATABASE_URL']);
  await migrate(database.url, [...migrations, { id: 'effects', sql: EFFECTS }]);
  const pool = createPool({ databaseUrl: database.url, name: 'spec', max: 16, onError: () => undefined });
  const kafka = createKafka({ brokers: (env['KAFKA_BROKERS'] ?? '').split(','), clientId: 'touchpoint-spec', log: silentLog });
  const appender = createAppender(kafkaProducers(kafka), { log: silentLog });
  const reader = createLogReader(kafka);
  const workers: PartitionWorker[] = [];
  return {
    kafka, pool, appender, reader,
    topic: async (name, partitions) => {
      const admin = kafka.admin();
      await admin.connect();
      await makeTopics(admin, [{ topic: prefix + name, numPartitions: partitions }]);
      await admin.disconnect();
      return prefix + name;
    },
    worker: (topic, { name, onFatal = (error) => { throw error; }, log = silentLog, backoffMs = [20, 200], concurrency = 4, maxBytesPerPartition = 1024 * 1024, onForeignOffset = () => undefined, doubtAfterMs = 1_500, ...ports }) => {
      const worker = new PartitionWorker({
        kafka, log, onFatal, onForeignOffset, doubtAfterMs, backoffMs, concurrency, maxBytesPerPartition,
        group: `${topic}.group`,
        now: () => Date.now(),
        sessionTimeoutMs: 6_000,
        subscriptions: [{ topic, open: (partition) => openEffects({ pool, topic, consumer: 'spec', worker: name, ...ports }, partition) }],
      });
      workers.push(worker);
      return worker;
    },
    raiseVersion: async (topic, partition) => {
      await pool.query('update log.checkpoint set version = version + 1 where topic = $1 and partition = $2', [topic, partition]);
    },
    end: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
      await appender.close();
      await reader.close();
      await pool.end();
      await database.drop();
    },
  };
};
