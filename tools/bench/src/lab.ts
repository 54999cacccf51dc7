import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startStack, type Stack } from '@touchpoint/stack';
import { createPool, query, type Pool } from '@touchpoint/store';
import { bareEnvironment } from './bare-environment.ts';
import { benchDir } from './repository.ts';
import { startSystem, type BenchSystem } from './system.port.ts';

export const PARTITIONS = 12;

/** A stack of a benchmark's own, whose processes it can measure, and systems on it, one after another, each with its own topics and database. */
export type Lab = Readonly<{
  stack: Stack;
  /** Runs work on a fresh system of these apps, and takes the apps down afterwards. */
  on: <T>(name: string, apps: readonly string[], work: (system: BenchSystem) => Promise<T>) => Promise<T>;
  close: () => Promise<void>;
}>;
export type LabOptions = Readonly<{ keep: boolean; statements: boolean; say: (text: string) => void; signal: AbortSignal }>;

export const poolOn = (databaseUrl: string): Pool => createPool({ databaseUrl, name: 'touchpoint-bench', max: 4, onError: () => undefined });

export const openLab = async ({ keep, statements, say, signal }: LabOptions): Promise<Lab> => {
  const dir = join(benchDir, 'run');
  const env = bareEnvironment();
  await rm(dir, { recursive: true, force: true });
  say('bringing up a stack');
  const stack = await startStack({
    dir: join(dir, 'stack'), env, signal,
    ...(statements && { postgres: { overrides: { shared_preload_libraries: 'pg_stat_statements' } } }),
  });

  const on: Lab['on'] = async (name, apps, work) => {
    signal.throwIfAborted();
    const admin = poolOn(stack.databaseUrl);
    try {
      await query(admin, `create database "bench_${name}"`);
    } finally {
      await admin.end();
    }
    const url = new URL(stack.databaseUrl);
    url.pathname = `/bench_${name}`;
    say(`starting ${apps.join(', ')}`);
    const system = await startSystem({
      dir: join(dir, name), env, apps, partitions: PARTITIONS, topicPrefix: `${name}.`,
      kafkaBrokers: stack.kafkaBrokers, schemaRegistryUrl: stack.schemaRegistryUrl, databaseUrl: url.href,
    });
    try {
      return await work(system);
    } finally {
      await system.stop();
    }
  };

  return {
    stack,
    on,
    close: async () => {
      if (keep) return stack.stop();
      await stack.wipe();
      await rm(dir, { recursive: true, force: true });
    },
  };
};
