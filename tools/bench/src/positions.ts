import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '@touchpoint/host';
import { createKafka, TOPICS } from '@touchpoint/log';
import { query } from '@touchpoint/store';
import { poolOn } from './lab.ts';
import type { BenchSystem } from './system.port.ts';

/** Sums over all partitions of a topic. */
type Progress = Readonly<{ received: number; timeline: number; by: ReadonlyMap<string, number>; pending: number }>;

/** Which topic each worker reads to its end, by the name of its checkpoint. */
const READS: Readonly<Record<string, 'received' | 'timeline'>> = { 'identity-resolver': 'received', 'profile-projector': 'timeline', 'channel-orchestrator': 'timeline' };

const openPositions = async ({ connections, topicPrefix }: BenchSystem) => {
  const pool = poolOn(connections.databaseUrl);
  const admin = createKafka({ brokers: connections.kafkaBrokers, clientId: 'touchpoint-bench', log: silentLog }).admin();
  await admin.connect();
  const end = async (topic: string): Promise<number> => (await admin.fetchTopicOffsets(topicPrefix + topic)).reduce((sum, { high }) => sum + Number(high), 0);
  return {
    look: async (): Promise<Progress> => {
      // The ends after the checkpoints: a checkpoint at an end read later is at the end indeed.
      const rows = await query<{ consumer: string; next: string }>(pool, 'select consumer, sum(next_offset) as next from log.checkpoint group by consumer');
      const [{ count } = { count: '0' }] = await query<{ count: string }>(pool, 'select count(*) from log.pending');
      const [received, timeline] = await Promise.all([end(TOPICS.received), end(TOPICS.timeline)]);
      return { received, timeline, by: new Map(rows.map(({ consumer, next }) => [consumer, Number(next)])), pending: Number(count) };
    },
    close: async () => {
      await Promise.allSettled([admin.disconnect(), pool.end()]);
    },
  };
};

/**
 * Waits until these workers have read all there is and sent all they had to; looks once a second. `onLook` is called at each look.
 * @returns how many records lie on the timeline then. @throws Error when a worker stands still for a minute, or as `onLook` does.
 */
export const untilRead = async (system: BenchSystem, workers: readonly string[], signal: AbortSignal, onLook: (done: ReadonlyMap<string, number>, of: Progress) => void): Promise<number> => {
  const positions = await openPositions(system);
  let before = '';
  let since = performance.now();
  try {
    for (;;) {
      const progress = await positions.look();
      onLook(progress.by, progress);
      const behind = workers.filter((worker) => (progress.by.get(worker) ?? 0) < progress[READS[worker]!]);
      if (behind.length === 0 && progress.pending === 0) return progress.timeline;
      const now = JSON.stringify([[...progress.by], progress.pending]);
      if (now !== before) [before, since] = [now, performance.now()];
      if (performance.now() - since > 60_000) throw new Error(`${behind.join(', ') || 'sends that are pending'} stood still for a minute`);
      await sleep(1_000, undefined, { signal });
    }
  } finally {
    await positions.close();
  }
};
