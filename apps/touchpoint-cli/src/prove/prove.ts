import { setTimeout as sleep } from 'node:timers/promises';
import { poster } from '@touchpoint/crash';
import { createLogReader, TOPICS } from '@touchpoint/log';
import { query, type Pool } from '@touchpoint/store';
import { demoShop, type DemoEvent } from '../demo/shop.ts';
import { CliError } from '../system/cli-error.ts';
import type { KeyTexts } from '../system/first-keys.ts';
import { untilIdle } from '../system/idle.ts';
import { kafkaFor, withPool } from '../system/set-up.ts';
import type { SystemView } from '../system/system.ts';
import { readSince, startOf } from './evidence.ts';
import { watchKills } from './kill-watch.ts';
import { proofOf, type Proof } from './proof.ts';

export type ProveOptions = Readonly<{
  look: () => Promise<SystemView | undefined>;
  startAgain: () => Promise<unknown>;
  keys: KeyTexts;
  seconds: number;
  seed: number;
  /** Events a second, about. */
  rate?: number;
  /** What is shown once the load runs: from now on anything may be killed. */
  begins: (view: SystemView) => void;
  say: (text: string) => void;
}>;
export type Proved = Proof & Readonly<{ sent: number; batches: number; retries: number; kills: number; seconds: number }>;

const BATCH = 20;
const RATE = 60;
const EVENTS_A_CUSTOMER = 12;
const TAKEN_WITHIN_MS = 180_000;
const IDLE_WITHIN_MS = 300_000;
const LANES = 3;

/** Load for some seconds, while somebody kills what he likes; then everything that was acknowledged is looked for where it must be. */
export const prove = async ({ look, startAgain, keys, seconds, seed, rate = RATE, begins, say }: ProveOptions): Promise<Proved> => {
  const running = async (): Promise<SystemView> => {
    const view = await look();
    if (!view?.connections) throw new CliError('CLI.NOT_RUNNING', 'No system runs there: start it with npx touchpoint up --two');
    return view;
  };
  const { connections, topicPrefix, ...first } = await running();
  const { databaseUrl, schemaRegistryUrl } = connections!;
  say('waiting until nothing is left to do, so that the proof begins at a known place');
  await untilIdle(running, IDLE_WITHIN_MS);
  return withPool(databaseUrl, async (pool) => {
    const start = await startOf(pool);
    const events = load(seed, seconds * rate);
    begins({ ...first, topicPrefix });
    const kills = watchKills(look, startAgain, say);
    const began = performance.now();
    try {
      const urlOf = (app: string): string => first.processes.find((process) => process.app === app)!.url;
      const { posted, post } = poster({ urlOf, keys }, TAKEN_WITHIN_MS);
      await Promise.race([sendAll(events, seconds, (batch) => post({ key: 'write', events: batch as never })), kills.gone]);
      say('all is acknowledged; waiting until all is folded, decided and delivered');
      await Promise.race([settled(running, pool), kills.gone]);
      const kafka = kafkaFor(connections!);
      const reader = createLogReader(kafka);
      const ids = new Set(events.map(({ messageId }) => messageId));
      const seen = await readSince(kafka, reader, schemaRegistryUrl, topicPrefix + TOPICS.timeline, start, (id) => ids.has(id)).finally(() => reader.close());
      return { ...(await proofOf(pool, events, seen)), sent: events.length, batches: posted.batches, retries: posted.retries, kills: kills.kills(), seconds: (performance.now() - began) / 1_000 };
    } finally {
      await kills.stop();
    }
  });
};

const load = (seed: number, count: number): readonly DemoEvent[] => demoShop({ seed, customers: Math.max(3, Math.ceil(count / EVENTS_A_CUSTOMER)), until: Date.now() }).events;

/** Spread over the time; a few lanes, each in order and each waiting for its answers. */
const sendAll = async (events: readonly DemoEvent[], seconds: number, post: (batch: readonly DemoEvent[]) => Promise<void>): Promise<void> => {
  const batches = Array.from({ length: Math.ceil(events.length / BATCH) }, (_, i) => events.slice(i * BATCH, (i + 1) * BATCH));
  const began = performance.now();
  let next = 0;
  await Promise.all(Array.from({ length: LANES }, async () => {
    for (let n = next++; n < batches.length; n = next++) {
      const wait = (n / batches.length) * seconds * 1_000 - (performance.now() - began);
      if (wait > 0) await sleep(wait);
      await post(batches[n]!);
    }
  }));
};

/** Also what a killed delivery-service left: a claim is taken up again once its time is over. */
const settled = async (running: () => Promise<SystemView>, pool: Pool): Promise<void> => {
  for (const until = Date.now() + IDLE_WITHIN_MS; ; await sleep(300)) {
    try {
      await untilIdle(running, Math.max(1_000, until - Date.now()));
    } catch (error) {
      // Killed too often, and started again by now.
      if ((error as CliError).code !== 'SYSTEM.APP_FAILED' || Date.now() > until) throw error;
      continue;
    }
    const [left] = await query<{ count: number }>(pool, "select count(*)::int as count from delivery.message where state in ('claimed', 'retry')");
    if (left!.count === 0) return;
    if (Date.now() > until) throw new CliError('PROVE.NOT_SETTLED', `${left!.count} messages have no outcome after ${IDLE_WITHIN_MS / 60_000} minutes: see npx touchpoint lag and logs delivery-service`);
  }
};
