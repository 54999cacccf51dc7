import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, LOG, METRICS, type Log, type Metrics, type Token } from '@touchpoint/host';
import { APPENDER, checkAnchor, LOG_READER, LOG_TOPICS, MESSAGE_READER, originName, TOPICS, type Appender, type LogReader, type LogTopics, type MessageReader, type MessageWriter, type PartitionHandler, type PartitionSession } from '@touchpoint/log';
import { claimCheckpoint, EventDays, observeOutbox, observeParked, parkedKeys, POOL, resolvedUpTo, sendAs, type Pool } from '@touchpoint/store';
import { CONFLICT, ResolverSession, type ResolverPorts } from './resolver.session.ts';

export const CONSUMER = 'identity-resolver';
/** Part of the origin of what it sends: raised when the same input would be sent on differently. */
const VERSION = 1;
export const TIMELINE_WRITER = 'touchpoint.timeline-writer' as Token<MessageWriter>;
/** Old days of event ids are looked for this often. */
const DROP_EVERY = 3_600_000;

/** Opens partitions of what was received for resolving. */
@Injectable()
export class ResolverHandler implements PartitionHandler {
  readonly #ports: ResolverPorts;
  readonly #topics: LogTopics;
  readonly #days: EventDays;
  readonly #log: Log;
  readonly #dropping = setInterval(() => void this.#drop(), DROP_EVERY).unref();

  constructor(
    @Inject(POOL) pool: Pool,
    @Inject(APPENDER) appender: Appender,
    @Inject(LOG_READER) logReader: LogReader,
    @Inject(LOG_TOPICS) topics: LogTopics,
    @Inject(TIMELINE_WRITER) writer: MessageWriter,
    @Inject(MESSAGE_READER) reader: MessageReader,
    @Inject(METRICS) metrics: Metrics,
    @Inject(CONFIG) config: Readonly<{ EVENT_ID_DAYS: number }>,
    @Inject(LOG) log: Log,
  ) {
    this.#topics = topics;
    this.#log = log;
    this.#days = new EventDays(pool, config.EVENT_ID_DAYS);
    const events = metrics.counter('resolver_records_total', 'Received records by what became of them', ['outcome']);
    const seconds = metrics.histogram('resolver_batch_seconds', 'Time a batch takes from its records to their acknowledgement on the timeline');
    metrics.gauge('appender_pending_bytes', 'Bytes that wait for their acknowledgement by the log', [], (gauge) => gauge.set(appender.pendingBytes));
    observeOutbox(metrics, pool, CONSUMER);
    observeParked(metrics, pool, CONSUMER);
    this.#ports = {
      pool,
      appender,
      logReader,
      writer,
      reader,
      received: topics.nameOf(TOPICS.received),
      timeline: { topic: topics.nameOf(TOPICS.timeline), partitions: topics.partitionsOf(TOPICS.timeline) },
      // Using an id twice is a publisher's fault: it parks that one event and never stops us.
      parkable: { table: 'identity.link', partitions: topics.partitionsOf(TOPICS.received), excused: [CONFLICT], log },
      ensureDays: (days, options) => this.#days.ensure(days, options),
      onResolved: ({ records, repeats, conflicts, parked, facts, seconds: took }) => {
        events.inc({ outcome: 'sent' }, records - repeats - conflicts - parked);
        events.inc({ outcome: 'repeat' }, repeats);
        events.inc({ outcome: 'conflict' }, conflicts);
        events.inc({ outcome: 'parked' }, parked);
        events.inc({ outcome: 'fact' }, facts);
        seconds.observe(took);
      },
    };
  }

  async open(topic: string, partition: number): Promise<PartitionSession> {
    const { pool, logReader } = this.#ports;
    const claimed = await claimCheckpoint(pool, { consumer: CONSUMER, topic, partition });
    await checkAnchor(logReader, this.#topics.nameOf(topic), partition, claimed);
    const origin = originName(CONSUMER, VERSION, topic, partition, claimed.incarnation);
    const checkpoint = await sendAs(pool, claimed, origin);
    const session = new ResolverSession(this.#ports, checkpoint, await parkedKeys(pool, checkpoint), origin);
    await session.sendPending();
    return session;
  }

  onModuleDestroy(): void {
    clearInterval(this.#dropping);
  }

  async #drop(): Promise<void> {
    try {
      const upTo = await resolvedUpTo(this.#ports.pool, CONSUMER, TOPICS.received, this.#topics.partitionsOf(TOPICS.received));
      if (upTo !== undefined) await this.#days.drop(upTo);
    } catch (error) {
      this.#log.warn({ error }, 'old days of event ids could not be dropped: tried again in an hour');
    }
  }
}
