import type { FactoryProvider, INestApplicationContext, Type } from '@nestjs/common';
import type { Kafka } from 'kafkajs';
import type { MessageName } from '@touchpoint/contracts';
import { CLOCK, CONFIG, HEALTH, LOG, METRICS, optionalProvider, STOP, TRACING, type Clock, type Health, type Log, type Metrics, type Token } from '@touchpoint/host';
import { createAppender, type Appender, type AppenderOptions } from './appender.ts';
import { createKafka } from './kafka.ts';
import type { KafkaAccess } from './kafka-access.ts';
import { LogBounds } from './log-bounds.ts';
import { createLogReader, type LogReader } from './log-reader.ts';
import type { PartitionSession, PartitionWorkerOptions } from './partition-session.ts';
import { PartitionWorker } from './partition-worker.ts';
import { PartitionWorkerStrategy } from './partition-worker-strategy.ts';
import { kafkaProducers } from './producer.ts';
import { createRegistry, type RegistryAccess, type SchemaRegistry } from './registry.ts';
import { createMessageReader, createMessageWriter, type MessageReader, type MessageWriter } from './schemas.ts';
import { partitionCounts } from './topics.ts';
import { observeWorker } from './worker-metrics.ts';

const token = <T>(name: string) => `touchpoint.${name}` as Token<T>;

/** What an app that speaks with the log can have injected. */
export const KAFKA = token<Kafka>('kafka');
export const APPENDER = token<Appender>('appender');
export const LOG_READER = token<LogReader>('log-reader');
export const LOG_BOUNDS = token<LogBounds>('log-bounds');
export const REGISTRY = token<SchemaRegistry>('registry');
export const MESSAGE_READER = token<MessageReader>('message-reader');
/** Our topics with their prefix and partition counts, as the broker has them. */
export const LOG_TOPICS = token<LogTopics>('log-topics');
export type LogTopics = Readonly<{ nameOf: (topic: string) => string; partitionsOf: (topic: string) => number }>;

type KafkaConfig = Readonly<{ KAFKA_BROKERS: readonly string[]; TOPIC_PREFIX: string }> & KafkaAccess;
type RegistryConfig = Readonly<{ SCHEMA_REGISTRY_URL: string }> & RegistryAccess;
/** Of the block `worker`. */
type WorkerConfig = Readonly<{ SESSION_TIMEOUT_MS: number }>;

export const kafkaProvider = (app: string): FactoryProvider => ({
  provide: KAFKA,
  inject: [CONFIG, LOG],
  useFactory: (config: KafkaConfig, log: Log) => createKafka({ brokers: config.KAFKA_BROKERS, clientId: `touchpoint-${app}`, log, access: config }),
});
export const topicsProvider: FactoryProvider = {
  provide: LOG_TOPICS,
  inject: [KAFKA, CONFIG],
  useFactory: async (kafka: Kafka, { TOPIC_PREFIX }: KafkaConfig): Promise<LogTopics> => {
    const counts = await partitionCounts(kafka, TOPIC_PREFIX);
    return {
      nameOf: (topic) => TOPIC_PREFIX + topic,
      partitionsOf: (topic) => {
        const count = counts.get(TOPIC_PREFIX + topic);
        if (count === undefined) throw new Error(`${topic} is not one of our topics`);
        return count;
      },
    };
  },
};
export const appenderProvider = (options: Omit<AppenderOptions, 'log'> = {}): FactoryProvider => ({
  provide: APPENDER,
  inject: [KAFKA, LOG],
  useFactory: (kafka: Kafka, log: Log) => createAppender(kafkaProducers(kafka), { log, ...options }),
});
export const logReaderProvider: FactoryProvider = { provide: LOG_READER, inject: [KAFKA], useFactory: createLogReader };
export const logBoundsProvider: FactoryProvider = { provide: LOG_BOUNDS, inject: [KAFKA], useFactory: (kafka: Kafka) => new LogBounds(kafka) };
export const registryProvider: FactoryProvider = { provide: REGISTRY, inject: [CONFIG], useFactory: (config: RegistryConfig) => createRegistry(config.SCHEMA_REGISTRY_URL, { access: config }) };
export const messageReaderProvider: FactoryProvider = { provide: MESSAGE_READER, inject: [REGISTRY], useFactory: createMessageReader };
/** A writer of one topic's messages, or of those among them that the app writes, under a token of the app's choice. */
export const messageWriterProvider = (provide: Token<MessageWriter>, topic: string, writes?: readonly MessageName[]): FactoryProvider => ({
  provide,
  inject: [REGISTRY, CONFIG],
  useFactory: (registry: SchemaRegistry, { TOPIC_PREFIX }: KafkaConfig) => createMessageWriter(registry, TOPIC_PREFIX, topic, writes),
});

/** Handles a topic's partitions: an ordinary provider. */
export interface PartitionHandler {
  open(topic: string, partition: number, isOurs: () => boolean): Promise<PartitionSession>;
}
/** One line of an app's `subscriptions.ts`: which topics a group reads, and what handles them. */
export type SubscriptionEntry = Readonly<{ group: string; topics: readonly string[]; handler: Type<PartitionHandler>; options?: Partial<Pick<PartitionWorkerOptions, 'concurrency' | 'maxBytesPerPartition' | 'sessionTimeoutMs' | 'backoffMs'>> }>;

/** The transport of an app that reads the log: a worker per group, with its metrics and its readiness. */
export const workerStrategy = (app: INestApplicationContext, subscriptions: readonly SubscriptionEntry[], options: SubscriptionEntry['options'] = {}): PartitionWorkerStrategy => {
  const kafka = app.get<Kafka>(KAFKA);
  const { SESSION_TIMEOUT_MS: sessionTimeoutMs } = app.get<WorkerConfig>(CONFIG);
  const { nameOf } = app.get<LogTopics>(LOG_TOPICS);
  const [log, clock, metrics, health, stop] = [app.get<Log>(LOG), app.get<Clock>(CLOCK), app.get<Metrics>(METRICS), app.get<Health>(HEALTH), app.get<(reason: unknown) => void>(STOP)];
  const foreign = metrics.counter('consumer_foreign_offsets_total', 'Offsets of a consumer that somebody set with Kafka\'s own tools: they move nothing, positions live in Postgres', ['consumer', 'topic']);
  const workers = subscriptions.map((entry) => {
    const handler = app.get(entry.handler);
    const worker = new PartitionWorker({
      kafka,
      group: nameOf(entry.group),
      log: log.with({ consumer: entry.group }),
      now: () => clock.now(),
      onFatal: stop,
      onForeignOffset: ({ topic }) => foreign.inc({ consumer: entry.group, topic }),
      sessionTimeoutMs,
      tracing: optionalProvider(app, TRACING),
      subscriptions: entry.topics.map((topic) => ({ topic: nameOf(topic), open: (partition, isOurs) => handler.open(topic, partition, isOurs) })),
      ...entry.options,
      ...options,
    });
    health.ready.add(`joined ${entry.group}`, () => {
      if (!worker.joined) throw Object.assign(new Error('has not joined its group'), { code: 'NOT_JOINED' });
    });
    return { worker, group: entry.group };
  });
  observeWorker(metrics, workers, () => clock.now());
  return new PartitionWorkerStrategy(workers.map(({ worker }) => worker));
};

/** Closes what the providers above opened, whichever of them an app has. */
export const closeLog = async (app: INestApplicationContext): Promise<void> => {
  await optionalProvider(app, APPENDER)?.close();
  await optionalProvider(app, LOG_READER)?.close();
  await optionalProvider(app, LOG_BOUNDS)?.close();
};
