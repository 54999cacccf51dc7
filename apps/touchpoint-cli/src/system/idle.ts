import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from './cli-error.ts';
import { readLag, readiness } from './probe.ts';
import type { SystemView } from './system.ts';

const LOOK_EVERY_MS = 250;

/**
 * Waits until a system has nothing left to do: every app is ready, every consumer reports all partitions of its topics, and then, looked at from outside,
 * the ends of the topics stand still while every checkpoint is at its end and nothing waits to be sent. While there is something left, only Postgres and the
 * broker are asked, so that waiting takes next to nothing from those who work. @throws CliError that says what is behind, or which app was given up.
 */
export const untilIdle = async (view: () => SystemView | Promise<SystemView>, limitMs: number, onWait: (behind: string) => void = () => undefined): Promise<void> => {
  const { openLogPosition } = await import('./log-position.ts');
  const { connections, topicPrefix } = await view();
  if (!connections) throw new CliError('SYSTEM.NOT_UP', 'The system is not up yet: wait for it with npx touchpoint status --wait');
  const position = await openLogPosition(connections, topicPrefix);
  const deadline = Date.now() + limitMs;
  let consumers: Consumers | undefined;
  /** Undefined where nothing is left to do. */
  const look = async (): Promise<string | undefined> => {
    const behind = consumers && (await position.behind(consumers));
    if (behind !== undefined) return behind;
    const now = await view();
    const unready = await notReady(now);
    if (unready !== undefined) return unready;
    const { found, silent } = await consumersOf(now);
    const uncovered = silent ? `${silent} has not taken any partition yet` : await position.uncovered(found);
    if (uncovered !== undefined) return uncovered;
    consumers = found;
    return position.behind(consumers);
  };
  try {
    for (let told = ''; ; ) {
      const behind = await look();
      if (behind === undefined) return;
      const given = (await view()).processes.find(({ state }) => state === 'failed');
      if (given) throw new CliError('SYSTEM.APP_FAILED', `${given.name} ends by itself whenever it is started: see npx touchpoint logs ${given.name}`, { detail: given.lastCrash?.lastLines ?? [] });
      if (Date.now() > deadline) throw new CliError('SYSTEM.NOT_IDLE', `Not all is done after ${Math.round(limitMs / 1000)} s: ${behind}; see npx touchpoint status and logs`);
      if (behind !== told) onWait((told = behind));
      await sleep(LOOK_EVERY_MS);
    }
  } finally {
    await position.close();
  }
};

/** The first process that is not ready, and why; undefined where all are. */
export const notReady = async ({ processes }: SystemView): Promise<string | undefined> => {
  const states = await Promise.all(processes.filter(({ state }) => state !== 'stopped').map(async ({ name, state, url }) => ({ name, why: state === 'ready' ? await readiness(url) : state })));
  const first = states.find(({ why }) => why !== 'ready');
  return first && `${first.name} is not ready (${first.why})`;
};

/** Which partitions of which topic each consumer says that it has, over all processes of all apps. Topics bear their prefix. */
export type Consumers = ReadonlyMap<string, Readonly<{ consumer: string; topic: string; partitions: ReadonlySet<string> }>>;

/** `silent`: a worker none of whose processes has told of a partition. */
const consumersOf = async ({ processes }: SystemView): Promise<{ found: Consumers; silent: string | undefined }> => {
  const found = new Map<string, { consumer: string; topic: string; partitions: Set<string> }>();
  const lags = await Promise.all(processes.filter(({ state }) => state === 'ready').map(async ({ app, kind, url }) => ({ app, kind, partitions: (await readLag(url))?.partitions ?? [] })));
  for (const { consumer, topic, partition } of lags.flatMap(({ partitions }) => partitions)) {
    const key = `${consumer} ${topic}`;
    const entry = found.get(key) ?? { consumer, topic, partitions: new Set<string>() };
    entry.partitions.add(partition);
    found.set(key, entry);
  }
  const speaking = new Set(lags.filter(({ partitions }) => partitions.length > 0).map(({ app }) => app));
  return { found, silent: lags.find(({ app, kind }) => kind === 'worker' && !speaking.has(app))?.app };
};
