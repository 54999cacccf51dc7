import type { Metrics } from '@touchpoint/host';
import type { Instant } from '@touchpoint/kernel';
import type { PartitionWorker } from './partition-worker.ts';

/** The end is looked at every second; what was seen so long ago is no longer now. */
const LOOK_MS = 5_000;

/** Only what was there by the last look is known to be processed: while the brokers do not answer, the lag grows. */
const lagMs = ({ next, end, endAt, oldestAt }: PartitionWorker['state'][number], now: Instant): number => {
  const waiting = oldestAt === undefined || next! >= end! ? 0 : now - oldestAt;
  const unseen = endAt === undefined || now - endAt <= LOOK_MS ? 0 : now - endAt;
  return Math.max(0, waiting, unseen);
};

/** Lag in records and in seconds, and failing partitions, of every worker of an app; read when they are scraped. */
export const observeWorker = (metrics: Metrics, workers: readonly Readonly<{ group: string; worker: Pick<PartitionWorker, 'state'> }>[], now: () => Instant): void => {
  const each = (visit: (labels: { consumer: string; topic: string; partition: string }, state: PartitionWorker['state'][number]) => void) => {
    for (const { group, worker } of workers) for (const state of worker.state) visit({ consumer: group, topic: state.topic, partition: String(state.partition) }, state);
  };
  const labels = ['consumer', 'topic', 'partition'] as const;
  metrics.gauge('consumer_lag_records', 'Records on the partition that the consumer has not processed yet', labels, (gauge) => {
    gauge.reset();
    each((at, { next, end }) => {
      if (next !== undefined && end !== undefined) gauge.set(at, Math.max(0, end - next));
    });
  });
  metrics.gauge('consumer_lag_seconds', 'Age of the oldest record that the consumer has not processed yet; 0 at the end of the log. While that cannot be looked at: since when', labels, (gauge) => {
    gauge.reset();
    each((at, state) => {
      if (state.next !== undefined && state.end !== undefined) gauge.set(at, lagMs(state, now()) / 1000);
    });
  });
  metrics.gauge('consumer_partition_failing', '1 while a partition is tried again after an error', labels, (gauge) => {
    gauge.reset();
    each((at, { error }) => gauge.set(at, error === undefined ? 0 : 1));
  });
};
