import type { Metrics } from '@touchpoint/host';
import type { Instant } from '@touchpoint/kernel';
import type { PartitionWorker } from './partition-worker.ts';

/** Lag in records and in seconds, and failing partitions, of every worker of an app; read when they are scraped. */
export const observeWorker = (metrics: Metrics, workers: readonly Readonly<{ group: string; worker: PartitionWorker }>[], now: () => Instant): void => {
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
  metrics.gauge('consumer_lag_seconds', 'Age of the oldest record that the consumer has not processed yet; 0 at the end of the log', labels, (gauge) => {
    gauge.reset();
    each((at, { next, end, oldestAt }) => {
      if (next !== undefined && end !== undefined) gauge.set(at, next >= end || oldestAt === undefined ? 0 : Math.max(0, (now() - oldestAt) / 1000));
    });
  });
  metrics.gauge('consumer_partition_failing', '1 while a partition is tried again after an error', labels, (gauge) => {
    gauge.reset();
    each((at, { error }) => gauge.set(at, error === undefined ? 0 : 1));
  });
};
