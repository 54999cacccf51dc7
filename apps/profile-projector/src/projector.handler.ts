import { Inject, Injectable } from '@nestjs/common';
import { LOG, METRICS, type Log, type Metrics } from '@touchpoint/host';
import { transient } from '@touchpoint/kernel';
import { checkAnchor, LOG_READER, LOG_TOPICS, MESSAGE_READER, tellStrangers, TOPICS, type LogReader, type LogTopics, type MessageReader, type PartitionHandler, type PartitionSession } from '@touchpoint/log';
import { projections } from '@touchpoint/profile';
import { foldingInto, claimCheckpoint, observeParked, parkedKeys, POOL, projectionTable, query, subscribedTypes, type Pool } from '@touchpoint/store';
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
    observeParked(metrics, pool, CONSUMER);
    this.#ports = {
      pool,
      reader,
      folding: foldingInto(projections.map((projection) => projectionTable(projection))),
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
    await checkVersions(pool);
    const checkpoint = await claimCheckpoint(pool, { consumer: CONSUMER, topic, partition });
    await checkAnchor(this.#logReader, this.#topics.nameOf(topic), partition, checkpoint);
    return new ProjectorSession(this.#ports, checkpoint, await parkedKeys(pool, checkpoint));
  }
}

/**
 * Every read model is folded in the version that is live. @throws Failure Transient otherwise: before a rebuild, a newer release waits; behind it, an older one does.
 */
const checkVersions = async (pool: Pool): Promise<void> => {
  const live = new Map((await query<{ name: string; version: number }>(pool, 'select name, version from profile.read_model')).map(({ name, version }) => [name, version]));
  const other = projections.filter(({ name, version }) => live.get(name) !== version);
  if (other.length === 0) return;
  const which = other.map(({ name, version }) => `${name} (live: ${live.get(name) ?? 'none'}, this release: ${version})`).join(', ');
  throw transient('PROJECTOR.OTHER_VERSION', `other versions of read models are live than this release folds: ${which}. It waits. Build the newer ones with: npx touchpoint rebuild --changed --apply; or take the older release away`);
};
