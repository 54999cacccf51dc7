import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { TOPICS } from '@touchpoint/log';
import { query, type Pool } from '@touchpoint/store';
import type { CrashSystem } from '../system.port.ts';

/** Waits for a system to have come so far. Each throws an Error that says what is left, past its limit. */
export type Settling = Readonly<{
  /** Everything acknowledged by now is on the timeline. */
  resolved: () => Promise<void>;
  /** Nothing is left to read, decide, fire, send or settle, but for timers that are due far from now. */
  settled: () => Promise<void>;
}>;

/** A timer that is due within this is waited for. */
const SOON_MS = 3_600_000;
const PAUSE_MS = 200;

/** What stands in the database and is not done. */
const LEFT = `select 'sends to do' as what, count(*) from log.pending
  union all select 'timers due', count(*) from orchestration.timer where due_at < (extract(epoch from now()) * 1000)::bigint + ${SOON_MS}
  union all select 'messages without an outcome', count(*) from delivery.message where state in ('claimed', 'retry')
  union all select 'commands that delivery has not seen', greatest(0, (select count(distinct command_id) from profile.messages where verdict = 'send') - (select count(*) from delivery.message))`;

export const settlingOf = (system: CrashSystem, { kafka, pool, limitMs }: { kafka: Kafka; pool: Pool; limitMs: number }): Settling => {
  const waited = async (look: () => Promise<string | undefined>): Promise<void> => {
    for (const until = Date.now() + limitMs; ; await sleep(PAUSE_MS)) {
      // Parts of the stack may be on their way back.
      const left = await look().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
      if (left === undefined) return;
      if (Date.now() > until) throw new Error(`not settled after ${limitMs / 1000} s: ${left}`);
    }
  };
  const left = async (): Promise<string | undefined> => {
    const rows = await query<{ what: string; count: string }>(pool, LEFT);
    const found = rows.filter(({ count }) => Number(count) > 0).map(({ what, count }) => `${count} ${what}`);
    return found.length > 0 ? found.join(', ') : undefined;
  };
  /** All that was ever taken from any log. */
  const position = async (): Promise<string> => (await query<{ sum: string }>(pool, 'select sum(next_offset) as sum from log.checkpoint'))[0]!.sum;

  const endsOf = async (topic: string): Promise<ReadonlyMap<number, number>> => {
    const admin = kafka.admin();
    await admin.connect();
    try {
      return new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, Number(high)]));
    } finally {
      await admin.disconnect();
    }
  };
  const behind = async (ends: ReadonlyMap<number, number>): Promise<string | undefined> => {
    const rows = await query<{ partition: number; next_offset: string }>(pool, "select partition, next_offset from log.checkpoint where consumer = 'identity-resolver' and topic = $1", [TOPICS.received]);
    const next = new Map(rows.map(({ partition, next_offset }) => [partition, Number(next_offset)]));
    if ([...ends].some(([partition, end]) => (next.get(partition) ?? 0) < end)) return 'identity-resolver is behind';
    const [pending] = await query<{ count: string }>(pool, "select count(*) from log.pending where consumer = 'identity-resolver'");
    return Number(pending!.count) > 0 ? 'identity-resolver has sends to do' : undefined;
  };

  return {
    resolved: async () => {
      let ends: ReadonlyMap<number, number> | undefined;
      await waited(async () => behind((ends ??= await endsOf(system.topicPrefix + TOPICS.received))));
    },
    settled: () =>
      waited(async () => {
        await system.untilIdle(limitMs);
        const before = await position();
        const found = await left();
        if (found !== undefined) return found;
        // What was settled between the two looks has left a record to read.
        await system.untilIdle(limitMs);
        return (await left()) ?? ((await position()) === before ? undefined : 'records are still being read');
      }),
  };
};
