import { Inject, Injectable } from '@nestjs/common';
import { LOG, METRICS, type Log, type Metrics, type Token } from '@touchpoint/host';
import { APPENDER, checkAnchor, LOG_READER, LOG_TOPICS, MESSAGE_READER, originName, tellStrangers, TOPICS, type Appender, type LogReader, type LogScanner, type LogTopics, type MessageReader, type MessageWriter, type PartitionHandler, type PartitionSession } from '@touchpoint/log';
import { ENGINE_VERSION, type Decided } from '@touchpoint/orchestration';
import { claimCheckpoint, observeOutbox, observeParked, parkedKeys, POOL, resolvedUpTo, restoredUntil, sendAs, sharedLook, type Pool } from '@touchpoint/store';
import { CONSUMER } from './consumer.ts';
import { loadInForce } from './in-force.ts';
import { OrchestratorSession, type OrchestratorPorts } from './orchestrator.session.ts';

export const TIMELINE_WRITER = 'touchpoint.timeline-writer' as Token<MessageWriter>;
export const COMMAND_WRITER = 'touchpoint.command-writer' as Token<MessageWriter>;

/** Opens partitions of the timeline for deciding. */
@Injectable()
export class OrchestratorHandler implements PartitionHandler {
  readonly #ports: OrchestratorPorts;
  readonly #logReader: LogReader;
  readonly #topics: LogTopics;

  constructor(
    @Inject(POOL) pool: Pool,
    @Inject(APPENDER) appender: Appender,
    @Inject(MESSAGE_READER) reader: MessageReader,
    @Inject(LOG_READER) logReader: LogReader & LogScanner,
    @Inject(LOG_TOPICS) topics: LogTopics,
    @Inject(TIMELINE_WRITER) timeline: MessageWriter,
    @Inject(COMMAND_WRITER) commands: MessageWriter,
    @Inject(METRICS) metrics: Metrics,
    @Inject(LOG) log: Log,
  ) {
    this.#logReader = logReader;
    this.#topics = topics;
    const records = metrics.counter('orchestrator_records_total', 'Records of the timeline by what became of them', ['outcome']);
    const verdicts = metrics.counter('orchestrator_decisions_total', 'Messages decided on', ['journey', 'channel', 'verdict', 'reason']);
    const seconds = metrics.histogram('orchestrator_batch_seconds', 'Time a batch takes from its records to the acknowledgement of what it emits');
    const lateness = metrics.histogram('timer_lateness_seconds', 'How late timers fire, by the clock of the log', [], [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 3_600]);
    metrics.gauge('appender_pending_bytes', 'Bytes that wait for their acknowledgement by the log', [], (gauge) => gauge.set(appender.pendingBytes));
    observeOutbox(metrics, pool, CONSUMER);
    observeParked(metrics, pool, CONSUMER);
    const nameOf = (topic: string) => topics.nameOf(topic);
    const counts = new Map(Object.values(TOPICS).map((topic) => [nameOf(topic), topics.partitionsOf(topic)]));
    const received = topics.partitionsOf(TOPICS.received);
    this.#ports = {
      pool,
      appender,
      reader,
      log: logReader,
      topics: { timeline: nameOf(TOPICS.timeline), commands: nameOf(TOPICS.commands), urgentCommands: nameOf(TOPICS.urgentCommands), partitionsOf: (topic) => counts.get(topic)! },
      writers: { timeline, commands },
      parkable: { table: 'orchestration.customer', partitions: topics.partitionsOf(TOPICS.timeline), log },
      resolvedUpTo: sharedLook(() => resolvedUpTo(pool, 'identity-resolver', TOPICS.received, received)),
      onDecided: (count, decisions) => {
        records.inc({ outcome: 'input' }, count.inputs);
        records.inc({ outcome: 'repeat' }, count.repeats);
        records.inc({ outcome: 'parked' }, count.parked);
        records.inc({ outcome: 'other' }, Math.max(0, count.records - count.inputs - count.parked));
        seconds.observe(count.seconds);
        for (const { facts } of decisions) countVerdicts(facts, (labels) => verdicts.inc(labels));
      },
      onStrangers: tellStrangers(log, CONSUMER, (count) => records.inc({ outcome: 'stranger' }, count)),
      onTimers: (late) => {
        for (const ms of late) lateness.observe(ms / 1000);
      },
    };
  }

  async open(topic: string, partition: number): Promise<PartitionSession> {
    const { pool } = this.#ports;
    const claimed = await claimCheckpoint(pool, { consumer: CONSUMER, topic, partition });
    await checkAnchor(this.#logReader, this.#topics.nameOf(topic), partition, claimed);
    const origin = originName(CONSUMER, Number(ENGINE_VERSION), topic, partition, claimed.incarnation);
    const checkpoint = await sendAs(pool, claimed, origin);
    const session = new OrchestratorSession(this.#ports, checkpoint, await parkedKeys(pool, checkpoint), await loadInForce(pool, partition), origin, await restoredUntil(pool, topic, partition));
    await session.sendPending();
    return session;
  }
}

const countVerdicts = (facts: Decided['facts'], count: (labels: { journey: string; channel: string; verdict: string; reason: string }) => void): void => {
  for (const { message } of facts)
    if (message.type === 'MessageDecided') count({ journey: message.data.journeyId, channel: message.data.channel, verdict: message.data.verdict, reason: message.data.reason ?? '' });
};
