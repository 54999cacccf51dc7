import { writeJourneys } from '@touchpoint/crash';
import { fuzz, type Fuzzed } from '@touchpoint/fuzz';
import { freshDatabase } from '@touchpoint/host/testing';
import { join } from 'node:path';
import { applyJourneys } from '../journeys/apply.ts';
import { startSystem } from '../system/index.ts';

const WORKERS = ['identity-resolver', 'profile-projector', 'channel-orchestrator', 'delivery-service'];
const PARTITIONS = 4;

export type RunOptions = Readonly<{ dir: string; env: Readonly<Record<string, string | undefined>>; seed: number; inputs: number; say: (text: string) => void }>;

/** Throws inputs at a system of its own, two processes of each worker, and takes the system down. */
export const runFuzz = async ({ dir, env, seed, inputs, say }: RunOptions): Promise<Fuzzed> => {
  const database = await freshDatabase(env['DATABASE_URL']);
  const site = join(dir, 'site');
  await writeJourneys(site);
  const ended: string[] = [];
  try {
    const system = await startSystem({
      dir, env, databaseUrl: database.url, topicPrefix: `${new URL(database.url).pathname.slice(1).replaceAll('_', '-')}.`, partitions: PARTITIONS, apps: ['ingest-api', ...WORKERS], replicas: Object.fromEntries(WORKERS.map((app) => [app, 2])),
      onEvent: (event) => {
        if (event.kind === 'app' && event.crash) ended.push(`${event.name}: ${event.crash.signal ?? event.crash.code}: ${event.crash.lastLines.at(-1) ?? ''}`);
      },
    });
    try {
      await applyJourneys({ ...system.connections, topicPrefix: system.topicPrefix }, { by: 'fuzz', note: null, from: site });
      say('the system is ready');
      const fuzzed = await fuzz(system, { seed, inputs, partitions: PARTITIONS, ended: () => ended, say });
      for (const line of ended) fuzzed.tally.examples.push(line);
      return fuzzed;
    } finally {
      await system.stop();
    }
  } finally {
    await database.drop();
  }
};
