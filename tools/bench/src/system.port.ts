import type { Connections, Stack } from '@touchpoint/stack';
import { fromApp } from './repository.ts';

/** What a benchmark needs of a running system (see `startSystem` in apps/touchpoint-cli, which this is). */
export type BenchSystem = Readonly<{
  connections: Connections;
  topicPrefix: string;
  secrets: Readonly<{ MASTER_KEY: string; SOURCE_KEY_SECRET: string }>;
  keys: Readonly<{ write: string; import: string; read: string; operate: string }>;
  processes(): readonly Readonly<{ name: string; state: string; pid?: number; restarts: number; log: string }>[];
  urlOf(app: string): string;
  startProcess(name: string): Promise<void>;
  stopProcess(name: string): Promise<void>;
  untilReady(limitMs?: number): Promise<void>;
  untilIdle(limitMs?: number): Promise<void>;
  stop(): Promise<void>;
}>;

export type SystemOptions = Readonly<{
  dir: string;
  env: Readonly<Record<string, string | undefined>>;
  kafkaBrokers: readonly string[];
  schemaRegistryUrl: string;
  databaseUrl: string;
  topicPrefix: string;
  partitions: number;
  apps: readonly string[];
  appEnv?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}>;

/** Brings a system up as `touchpoint up` does, with what that does once all apps are ready (publishing the journeys). */
export const startSystem = async (options: SystemOptions): Promise<BenchSystem> => {
  const system = (await fromApp('touchpoint-cli', 'system/index.ts')) as { startSystem: (options: object) => Promise<BenchSystem> };
  const { afterReady } = (await fromApp('touchpoint-cli', 'after-ready.ts')) as { afterReady: readonly unknown[] };
  const failed: string[] = [];
  const publishes = options.apps.includes('channel-orchestrator');
  const started = await system.startSystem({
    ...options,
    ...(publishes && { afterReady }),
    onProgress: ({ part, state, text }: { part: string; state: string; text: string }) => {
      if (state === 'failed') failed.push(`${part}: ${text}`);
    },
  });
  if (failed.length === 0) return started;
  await started.stop();
  throw new Error(failed.join('; '));
};

/** The process of a part that the stack started itself. @throws Error when it runs elsewhere: then its CPU time cannot be read. */
export const pidOf = (stack: Stack, kind: 'kafka' | 'postgres'): number => {
  const pid = stack.parts.find((part) => part.kind === kind)?.pid;
  if (pid === undefined) throw new Error(`${kind} is not a process of this stack`);
  return pid;
};
