import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { batchesOf, failPointsIn, killPlan, play, writeJourneys, type Load, type Played, type StackPart } from '@touchpoint/crash';
import { freshDatabase } from '@touchpoint/host/testing';
import { applyJourneys } from '../journeys/apply.ts';
import { startSystem, type System } from '../system/index.ts';

const WORKERS = ['identity-resolver', 'profile-projector', 'channel-orchestrator', 'delivery-service'];
/** A killed process holds its partitions for so long. Shorter than in real life, so that the test waits less. */
const SESSION = { SESSION_TIMEOUT_MS: '3000' };
/** Somebody who is paused so long has lost its partitions when it wakes. */
const PAUSE_MS = 5_000;
/** A claim without an outcome counts as lost after 4.5 s instead of 22. */
const DELIVERY = { CALL_LIMIT_MS: '2000', CALL_MARGIN_MS: '500', MAX_ATTEMPTS: '20', RETRY_MS: '200' };
/** What a provider takes to answer: long enough to be killed in. */
const PROVIDER_MS = 30;

export type RunOptions = Readonly<{
  /** Of the runs together: they share secrets, so that the same people have the same ids. */
  dir: string;
  env: Readonly<Record<string, string | undefined>>;
  load: Load;
  /** Without it nobody is killed. */
  kills?: Readonly<{ seed: number; most: number; pauses: number; parts?: readonly StackPart[]; breakPart?: (part: StackPart) => Promise<void> }>;
  say: (text: string) => void;
}>;

/** Plays a load on a system of its own, two processes of each worker, and takes the system down. */
export const runSystem = async ({ dir, env, load, kills, say }: RunOptions): Promise<Played> => {
  const database = await freshDatabase(env['DATABASE_URL']);
  const site = join(dir, 'site');
  const failPoints = join(dir, 'fail-points');
  await Promise.all([writeJourneys(site), mkdir(failPoints, { recursive: true })]);
  try {
    const system = await startSystem({
      dir, env, databaseUrl: database.url, topicPrefix: `${new URL(database.url).pathname.slice(1).replaceAll('_', '-')}.`, partitions: 4, replicas: Object.fromEntries(WORKERS.map((app) => [app, 2])),
      appEnv: { ...Object.fromEntries(WORKERS.map((app) => [app, SESSION])), 'delivery-service': { ...SESSION, ...DELIVERY } },
      preload: failPointsIn(failPoints),
      // Whoever dies at a fail point is no worse for it.
      restarts: { atMost: 10_000, firstDelayMs: 1, maxDelayMs: 1 },
    });
    try {
      say('the system is ready');
      await slowProvider(system);
      const victims = system.processes().map((process) => ({ name: process.name, app: process.app }));
      const strikes = kills && { plan: killPlan({ ...kills, batches: batchesOf(load), victims }), failPoints, pauseMs: PAUSE_MS, breakPart: kills.breakPart };
      const publish = () => applyJourneys({ ...system.connections, topicPrefix: system.topicPrefix }, { by: 'kills', note: null, from: site });
      return await play(system, { load, ...(strikes && { strikes }), publish, say });
    } finally {
      await system.stop();
      say('the system has stopped');
    }
  } finally {
    await database.drop();
  }
};

const slowProvider = async (system: System): Promise<void> => {
  const answer = await fetch(`${system.urlOf('delivery-service')}/v1/sandbox/behaviour`, {
    method: 'PUT', headers: { authorization: `Bearer ${system.keys.operate}`, 'content-type': 'application/json' }, body: JSON.stringify({ delayMs: PROVIDER_MS }),
  });
  if (!answer.ok) throw new Error(`the sandbox answers ${answer.status}`);
};

/** Logs and secrets of runs that went well are of no use. */
export const forget = (dir: string): Promise<void> => rm(dir, { recursive: true, force: true });
