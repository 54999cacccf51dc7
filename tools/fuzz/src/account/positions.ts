import type { Admin } from 'kafkajs';
import { TOPICS } from '@touchpoint/log';
import { query, type Pool } from '@touchpoint/store';

/** The offset behind the last record of each partition, by topic (without prefix) and partition. */
export type Ends = ReadonlyMap<string, readonly number[]>;

export const endsOf = async (admin: Admin, prefix: string): Promise<Ends> => {
  const ends = new Map<string, readonly number[]>();
  for (const topic of Object.values(TOPICS)) {
    const found = await admin.fetchTopicOffsets(prefix + topic);
    ends.set(topic, found.toSorted((a, b) => a.partition - b.partition).map(({ high }) => Number(high)));
  }
  return ends;
};

const READERS: readonly (readonly [consumer: string, topic: string])[] = [
  ['identity-resolver', TOPICS.received], ['profile-projector', TOPICS.timeline], ['channel-orchestrator', TOPICS.timeline], ['delivery-service', TOPICS.commands], ['delivery-service', TOPICS.urgentCommands],
];

/** Partitions that some consumer has not read to these ends. */
export const behind = async (pool: Pool, ends: Ends): Promise<readonly string[]> => {
  const rows = await query<{ consumer: string; topic: string; partition: number; next_offset: string }>(pool, 'select consumer, topic, partition, next_offset from log.checkpoint');
  const next = new Map(rows.map((row) => [`${row.consumer} ${row.topic}/${row.partition}`, Number(row.next_offset)]));
  return READERS.flatMap(([consumer, topic]) => ends.get(topic)!.flatMap((end, partition) => {
    const name = `${consumer} ${topic}/${partition}`;
    return (next.get(name) ?? 0) < end ? [`${name} at ${next.get(name) ?? 0} of ${end}`] : [];
  }));
};

const PAUSE_MS = 200;

/**
 * Waits until every partition was read to its end and nothing follows any more.
 * @param patienceMs without any progress; then what is left counts as stuck
 * @returns the partitions that are stuck
 */
export const settled = async (admin: Admin, pool: Pool, prefix: string, patienceMs: number): Promise<readonly string[]> => {
  let seen = '';
  let quiet = 0;
  for (let since = performance.now(); ; await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))) {
    const [ends, [work]] = [await endsOf(admin, prefix), await query<{ sum: string; pending: string }>(pool, 'select (select sum(next_offset) from log.checkpoint)::text as sum, (select count(*) from log.pending)::text as pending')];
    const left = await behind(pool, ends);
    const now = JSON.stringify([[...ends], work]);
    if (now !== seen) [seen, since, quiet] = [now, performance.now(), 0];
    else if (left.length === 0 && work!.pending === '0' && (quiet += 1) >= 3) return [];
    if (performance.now() - since > patienceMs) return left.length > 0 ? left : [`${work!.pending} sends to do`];
  }
};
