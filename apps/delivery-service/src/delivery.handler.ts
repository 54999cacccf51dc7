import { Inject, Injectable } from '@nestjs/common';
import { CLOCK, CONFIG, LOG, METRICS, TRACING, type Clock, type ConfigOf, type Log, type Metrics, type Tracing, type Token } from '@touchpoint/host';
import { APPENDER, checkAnchor, LOG_READER, LOG_TOPICS, MESSAGE_READER, TOPICS, type Appender, type LogReader, type LogTopics, type MessageReader, type MessageWriter, type PartitionHandler, type PartitionSession } from '@touchpoint/log';
import { claimCheckpoint, observeOutbox, observeParked, POOL, sharedLook, type Pool } from '@touchpoint/store';
import type { Vault } from '@touchpoint/vault';
import type { config } from './config.ts';
import { DeliverySession, type DeliveryPorts } from './delivery.session.ts';
import { Dispatcher } from './dispatcher.ts';
import { createLastLook } from './last-look.ts';
import { waitingPartitions } from './message-store.ts';
import { PROVIDERS, type Providers } from './providers.ts';

export const CONSUMER = 'delivery-service';
export const OUTCOME_WRITER = 'touchpoint.outcome-writer' as Token<MessageWriter>;
export const VAULT = 'touchpoint.vault' as Token<Vault>;

/** Opens partitions of commands for carrying out. */
@Injectable()
export class DeliveryHandler implements PartitionHandler {
  readonly #ports: DeliveryPorts;
  readonly #logReader: LogReader;
  readonly #topics: LogTopics;

  constructor(
    @Inject(POOL) pool: Pool,
    @Inject(APPENDER) appender: Appender,
    @Inject(MESSAGE_READER) reader: MessageReader,
    @Inject(LOG_READER) logReader: LogReader,
    @Inject(LOG_TOPICS) topics: LogTopics,
    @Inject(OUTCOME_WRITER) writer: MessageWriter,
    @Inject(VAULT) vault: Vault,
    @Inject(PROVIDERS) providers: Providers,
    @Inject(CLOCK) clock: Clock,
    @Inject(METRICS) metrics: Metrics,
    @Inject(LOG) log: Log,
    @Inject(CONFIG) settings: ConfigOf<typeof config>,
    @Inject(TRACING) tracing: Tracing,
  ) {
    this.#logReader = logReader;
    this.#topics = topics;
    const results = metrics.counter('delivery_results_total', 'Commands by what came of an attempt', ['channel', 'provider', 'state']);
    const batchSeconds = metrics.histogram('delivery_batch_seconds', 'Time a batch takes from its commands to their outcomes on the log');
    const seconds = metrics.histogram('delivery_call_seconds', 'Time a provider takes to answer', ['provider']);
    observeOutbox(metrics, pool, CONSUMER);
    observeParked(metrics, pool, CONSUMER);
    const looks = new Map([TOPICS.commands, TOPICS.urgentCommands].map((topic) => [topic as string, sharedLook(() => waitingPartitions(pool, CONSUMER, topic, topics.partitionsOf(topic)))]));
    this.#ports = {
      pool,
      appender,
      reader,
      clock,
      claimMs: settings.CALL_LIMIT_MS * 2 + settings.CALL_MARGIN_MS,
      claimsAtOnce: settings.CALLS_AT_ONCE,
      waiting: (topic, at) => looks.get(topic)!(at),
      parkable: { table: 'orchestration.customer', partitions: topics.partitionsOf(TOPICS.commands), log },
      target: { topic: topics.nameOf(TOPICS.received), partitions: topics.partitionsOf(TOPICS.received), writer },
      dispatcher: new Dispatcher({
        lastLook: createLastLook({ pool, vault, clock, timeline: { topic: TOPICS.timeline, partitions: topics.partitionsOf(TOPICS.timeline) } }),
        providerFor: providers.providerFor,
        callLimitMs: settings.CALL_LIMIT_MS,
        maxAttempts: settings.MAX_ATTEMPTS,
        retryMs: settings.RETRY_MS,
        callsAtOnce: settings.CALLS_AT_ONCE,
        now: () => clock.now(),
        tracing,
      }),
      onTaken: ({ seconds: took }) => batchSeconds.observe(took),
      onSettled: ({ command, settlement, seconds: took }) => {
        const provider = 'provider' in settlement ? (settlement.provider ?? 'none') : 'none';
        results.inc({ channel: command.channel, provider, state: settlement.state });
        if (took !== null) seconds.observe({ provider }, took);
      },
    };
  }

  async open(topic: string, partition: number): Promise<PartitionSession> {
    const checkpoint = await claimCheckpoint(this.#ports.pool, { consumer: CONSUMER, topic, partition });
    await checkAnchor(this.#logReader, this.#topics.nameOf(topic), partition, checkpoint);
    const session = new DeliverySession(this.#ports, checkpoint);
    await session.sendPending();
    return session;
  }
}
