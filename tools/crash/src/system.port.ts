import type { Instant } from '@touchpoint/kernel';

/** What is needed of a running system (see `startSystem` in apps/touchpoint-cli, whose System this is a part of). */
export type CrashSystem = Readonly<{
  connections: Readonly<{ kafkaBrokers: readonly string[]; schemaRegistryUrl: string; databaseUrl: string }>;
  topicPrefix: string;
  secrets: Readonly<{ MASTER_KEY: string }>;
  keys: Readonly<{ write: string; import: string; read: string; operate: string }>;
  processes(): readonly Readonly<{ name: string; app: string; kind: 'http' | 'worker'; url: string; pid?: number }>[];
  urlOf(app: string): string;
  /** Sends a signal to a process; one that ends by it is started again. @returns its pid, undefined where it does not run. */
  kill(name: string, signal: NodeJS.Signals): number | undefined;
  untilReady(limitMs?: number, name?: string): Promise<void>;
  untilIdle(limitMs?: number): Promise<void>;
}>;

/** From when to when a run lasted, by this machine's clock. */
export type RunTime = Readonly<{ began: Instant; ended: Instant }>;
