import { Module, type FactoryProvider, type Provider } from '@nestjs/common';
import type { Kafka } from 'kafkajs';
import { API_KEYS, CLOCK, CONFIG, LOG, METRICS, tableApiKeys, TRACING, type Clock, type Log, type Metrics, type Tracing } from '@touchpoint/host';
import {
  APPENDER, createAppender, KAFKA, kafkaProducers, kafkaProvider, LOG_TOPICS, messagesFrom, messageWriterProvider, registryProvider, TOPICS, topicsProvider,
  type Appender, type LogTopics, type MessageWriter,
} from '@touchpoint/log';
import { POOL, poolProvider, type Pool } from '@touchpoint/store';
import { freshSourceKeys, masterKeysOf, Vault } from '@touchpoint/vault';
import type { IngestConfig } from './config.ts';
import { digester } from './digest.ts';
import { createEventMetrics, type EventMetrics } from './event-metrics.ts';
import { BodyBudget } from './http/body-budget.ts';
import { CloudEventsController } from './http/cloudevents.controller.ts';
import { SegmentController } from './http/segment.controller.ts';
import { GatheredKeys } from './gathered-keys.ts';
import { KnownSources } from './known-sources.ts';
import { Receiver } from './receiver.ts';
import { Recorder } from './recorder.ts';
import { BODY_BUDGET, EVENT_METRICS, RECEIVED_WRITER, RECORDER, VAULT } from './tokens.ts';

const vaultProvider: FactoryProvider = {
  provide: VAULT,
  inject: [POOL, CONFIG, CLOCK],
  useFactory: (pool: Pool, config: IngestConfig, clock: Clock) => Vault.open(pool, masterKeysOf(config), { clock }),
};
const apiKeysProvider: FactoryProvider = { provide: API_KEYS, inject: [POOL, CLOCK], useFactory: (pool: Pool, clock: Clock) => tableApiKeys(pool, clock) };
const appenderProvider: FactoryProvider = {
  provide: APPENDER,
  inject: [KAFKA, LOG, CONFIG],
  useFactory: (kafka: Kafka, log: Log, { ANSWER_LIMIT_MS, MAX_PENDING_BYTES }: IngestConfig) =>
    createAppender(kafkaProducers(kafka), { log, deadlineMs: ANSWER_LIMIT_MS, sendTimeoutMs: ANSWER_LIMIT_MS, maxPendingBytes: MAX_PENDING_BYTES }),
};
const metricsProvider: FactoryProvider = { provide: EVENT_METRICS, inject: [METRICS], useFactory: createEventMetrics };
const budgetProvider: FactoryProvider = {
  provide: BODY_BUDGET,
  inject: [CONFIG, METRICS, APPENDER],
  useFactory: ({ MAX_IN_FLIGHT_BYTES }: IngestConfig, metrics: Metrics, appender: Appender) => {
    const budget = new BodyBudget(MAX_IN_FLIGHT_BYTES);
    metrics.gauge('ingest_in_flight_bytes', 'Bytes of bodies that are read or not answered yet', [], (gauge) => gauge.set(budget.used));
    metrics.gauge('ingest_in_flight_requests', 'Requests with a body that are not answered yet', [], (gauge) => gauge.set(budget.requests));
    metrics.gauge('ingest_pending_bytes', 'Bytes that wait for the broker', [], (gauge) => gauge.set(appender.pendingBytes));
    return budget;
  },
};
const recorderProvider: FactoryProvider = {
  provide: RECORDER,
  inject: [CONFIG, LOG_TOPICS, VAULT, RECEIVED_WRITER, APPENDER, EVENT_METRICS, TRACING],
  useFactory: (config: IngestConfig, topics: LogTopics, vault: Vault, writer: MessageWriter, appender: Appender, metrics: EventMetrics, tracing: Tracing) =>
    new Recorder({
      topic: topics.nameOf(TOPICS.received),
      sources: new KnownSources(freshSourceKeys(config.SOURCE_KEY_SECRET), topics.partitionsOf(TOPICS.received), config.SOURCES_IN_MEMORY),
      keys: new GatheredKeys(vault), seal: (key, clear) => vault.seal(key, clear), writer, appender,
      digest: digester(config.SOURCE_KEY_SECRET),
      limitMs: config.ANSWER_LIMIT_MS,
      observeAppend: metrics.append,
      tracing,
    }),
};
const receiverProvider: FactoryProvider = { provide: Receiver, inject: [RECORDER, CLOCK, EVENT_METRICS], useFactory: (recorder: Recorder, clock: Clock, metrics: EventMetrics) => new Receiver(recorder, clock, metrics) };

const adapters: Provider[] = [
  kafkaProvider('ingest-api'), topicsProvider, appenderProvider, registryProvider, messageWriterProvider(RECEIVED_WRITER, TOPICS.received, messagesFrom('touchpoint')), poolProvider('ingest-api'), vaultProvider, apiKeysProvider,
];
const reception: Provider[] = [metricsProvider, budgetProvider, recorderProvider, receiverProvider];

@Module({ controllers: [SegmentController, CloudEventsController], providers: [...adapters, ...reception] })
export class AppModule {}
