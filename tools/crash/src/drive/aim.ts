import { setTimeout as sleep } from 'node:timers/promises';
import { query, type Pool } from '@touchpoint/store';
import type { CrashSystem } from '../system.port.ts';

/** Resolves with true when a process is in the middle of something, false when it was not for a while. */
export type Aim = (name: string) => Promise<boolean>;

const LIMIT_MS = 2_500;
const PAUSE_MS = 4;

/** What has been committed and not been said yet, by partition: between these two a kill does most harm. */
const IN_HAND = `select topic, partition from log.pending where consumer = $1
  union select topic, partition from delivery.message where $1 = 'delivery-service' and state = 'claimed' and deadline > now()`;
/** Others write nothing that they send behind it. They are killed wherever they are. */
const AIMED_AT = new Set(['identity-resolver', 'channel-orchestrator', 'delivery-service']);

/** Chance alone seldom kills between a commit and the sends that follow from it: a few milliseconds of a batch. So these moments are waited for, for a bounded time. */
export const aimAt = (system: CrashSystem, pool: Pool): Aim => async (name) => {
  const process = system.processes().find((one) => one.name === name);
  if (!process || !AIMED_AT.has(process.app)) return false;
  let owned = new Set<string>();
  for (const until = Date.now() + LIMIT_MS; Date.now() < until; await sleep(PAUSE_MS)) {
    if (owned.size === 0) owned = await partitionsOf(process.url, system.topicPrefix);
    const rows = await query<{ topic: string; partition: number }>(pool, IN_HAND, [process.app]);
    if (rows.some(({ topic, partition }) => owned.has(`${topic}/${partition}`))) return true;
  }
  return false;
};

const OWNED = /^touchpoint_consumer_lag_records\{.*topic="([^"]+)".*partition="(\d+)".*\}/;

/** The partitions that a process says that it has, as `topic/partition` without prefix. None where it does not answer. */
const partitionsOf = async (url: string, prefix: string): Promise<Set<string>> => {
  const text = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(1_000) }).then((answer) => answer.text()).catch(() => '');
  return new Set(text.split('\n').flatMap((line) => {
    const [, topic, partition] = OWNED.exec(line) ?? [];
    return topic === undefined ? [] : [`${topic.slice(prefix.length)}/${partition}`];
  }));
};
