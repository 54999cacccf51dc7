import { Inject, Injectable } from '@nestjs/common';
import { LOG, METRICS, type Log, type Metrics } from '@touchpoint/host';
import { checkAnchor, LOG_READER, LOG_TOPICS, MESSAGE_READER, tellStrangers, TOPICS, type LogReader, type LogTopics, type MessageReader, type PartitionHandler, type PartitionSession } from '@touchpoint/log';
import { projections } from '@touchpoint/profile';
import { foldingInto, claimCheckpoint, parkedKeys, POOL, projectionTable, subscribedTypes, type Pool } from '@touchpoint/store';
import { ProjectorSession, type ProjectorPorts } from './projector.session.ts';

export const CONSUMER = 'profile-projector';
/** The read model with a row for each customer. */
const EVERY_CUSTOMER = projectionTable(projections.find(({ name }) => name === 'activity')!);

/** Opens partitions of the timeline for folding. */
@Injectable()
export class ProjectorHandler implements PartitionHandler {
  readonly #ports: ProjectorPorts;
  readonly #logReader: LogReader;
  readonly #topics: LogTopics;

  constructor(
    @Inject(POOL) pool: Pool,
    @Inject(MESSAGE_READER) reader: MessageReader,
    @Inject(LOG_READER) logReader: LogReader,
    @Inject(LOG_TOPICS) topics: LogTopics,
    @Inject(METRICS) metrics: Metrics,
    @Inject(LOG) log: Log,
  ) {
    this.#logReader = logReader;
    this.#topics = topics;
    const events = metrics.counter('projector_records_total', 'Records of the timeline by what became of them', ['outcome']);
    const rows = metrics.counter('projector_rows_total', 'Rows of read models written');
    const seconds = metrics.histogram('projector_batch_seconds', 'Time a batch takes from its records to its commit');
    this.#ports = {
      pool,
      reader,
      folding: foldingInto(projections.map(projectionTable)),
      subscribed: subscribedTypes(projections),
      parkable: { table: EVERY_CUSTOMER.table, partitions: topics.partitionsOf(TOPICS.timeline), log },
      onStrangers: tellStrangers(log, CONSUMER, (count) => events.inc({ outcome: 'stranger' }, count)),
      onFolded: (count) => {
        events.inc({ outcome: 'folded' }, count.records - count.parked);
        events.inc({ outcome: 'repeat' }, count.repeats);
        events.inc({ outcome: 'parked' }, count.parked);
        rows.inc(count.rows);
        seconds.observe(count.seconds);
      },
    };
  }

  async open(topic: string, partition: number): Promise<PartitionSession> {
    const { pool } = this.#ports;
    const checkpoint = await claimCheckpoint(pool, { consumer: CONSUMER, topic, partition });
    await checkAnchor(this.#logReader, this.#topics.nameOf(topic), partition, checkpoint);
    return new ProjectorSession(this.#ports, checkpoint, await parkedKeys(pool, checkpoint));
  }
}
