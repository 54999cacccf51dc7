import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createTopics, deleteTopics } from '../topics.ts';
import type { Pace } from '../pace.ts';

/** Milliseconds from the acknowledgement of a record to its return, one for each that returned. */
export type Echoed = Readonly<{ latencies: readonly number[]; missing: number }>;
/** A bare echo over three topics: client → 1 → hop → 2 → hop → 3 → client. As many hops as an order takes to its message. */
export type Echo = Readonly<{ run: (pace: Pace) => Promise<Echoed>; close: () => Promise<void> }>;

const start = async (file: string, args: readonly string[], signal: AbortSignal): Promise<ChildProcess> => {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [...args], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const ended = once(child, 'exit', { signal }).then(() => {
    throw new Error(`${file} ended before it was ready`);
  });
  ended.catch(() => undefined);
  await Promise.race([once(child, 'message', { signal }), ended]);
  return child;
};

export const openEcho = async (brokers: readonly string[], prefix: string, recordSize: number, signal: AbortSignal): Promise<Echo> => {
  const topics = ['1', '2', '3'].map((n) => `${prefix}echo-${n}`);
  const [first, second, third] = topics as [string, string, string];
  const at = brokers.join(',');
  await createTopics(brokers, topics);
  const children: ChildProcess[] = [];
  const close = async (): Promise<void> => {
    for (const child of children) if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    }
    await deleteTopics(brokers, topics).catch(() => undefined);
  };
  try {
    for (const [from, to] of [[first, second], [second, third]] as const) children.push(await start('./echo-hop.ts', [at, from, to], signal));
    const client = await start('./echo-client.ts', [at, first, third, String(recordSize)], signal);
    children.push(client);
    return {
      run: async (pace) => {
        client.send(pace);
        for (;;) {
          const [message] = (await once(client, 'message', { signal })) as [unknown];
          // A rebalance says that it is ready once more.
          if (message !== 'ready') return message as Echoed;
        }
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
