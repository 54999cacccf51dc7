import { setTimeout as sleep } from 'node:timers/promises';
import { CliError } from './cli-error.ts';
import { readLag, readiness } from './probe.ts';
import type { SystemView } from './system.ts';

/**
 * Waits until a system has nothing left to do: every app is ready, every consumer reports all partitions of its topics, and then, looked at from outside,
 * the ends of the topics stand still while every checkpoint is at its end and nothing waits to be sent. @throws CliError that says what is behind.
 */
export const untilIdle = async (view: () => SystemView | Promise<SystemView>, limitMs: number, onWait: (behind: string) => void = () => undefined): Promise<void> => {
  const { openLogPosition } = await import('./log-position.ts');
  const { connections, topicPrefix } = await view();
  if (!connections) throw new CliError('SYSTEM.NOT_UP', 'The system is not up yet: wait for it with npx touchpoint status --wait');
  const position = await openLogPosition(connections, topicPrefix);
  const deadline = Date.now() + limitMs;
  try {
    for (let told = ''; ; ) {
      const behind = (await notReady(await view())) ?? (await position.behind(await consumersOf(await view())));
      if (behind === undefined) return;
      if (Date.now() > deadline) throw new CliError('SYSTEM.NOT_IDLE', `Not all is done after ${Math.round(limitMs / 1000)} s: ${behind}; see npx touchpoint status and logs`);
      if (behind !== told) onWait((told = behind));
      await sleep(200);
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

const consumersOf = async ({ processes }: SystemView): Promise<Consumers> => {
  const found = new Map<string, { consumer: string; topic: string; partitions: Set<string> }>();
  const lags = await Promise.all(processes.filter(({ state }) => state === 'ready').map(({ url }) => readLag(url)));
  for (const { consumer, topic, partition } of lags.flatMap((lag) => lag?.partitions ?? [])) {
    const key = `${consumer} ${topic}`;
    const entry = found.get(key) ?? { consumer, topic, partitions: new Set<string>() };
    entry.partitions.add(partition);
    found.set(key, entry);
  }
  return found;
};
