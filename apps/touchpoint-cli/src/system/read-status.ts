import type { Env } from '@touchpoint/host/config';
import { stackStatus } from '@touchpoint/stack';
import type { Crash } from './app-process.ts';
import { readiness, readLag } from './probe.ts';
import type { ProcessView, SystemView } from './system.ts';

/** `why`: what is missing where it is not ready. `lag`: records of all its partitions together, seconds of the one furthest behind; null where it tells none. */
export type AppStatus = Readonly<{
  name: string; app: string; kind: ProcessView['kind']; state: ProcessView['state']; ready: boolean; why?: string; pid: number | null; port: number; url: string;
  since: string; restarts: number; lag: Readonly<{ records: number; seconds: number; failing: number }> | null; lastCrash?: Omit<Crash, 'at'> & Readonly<{ at: string }>;
}>;
export type PartStatus = Readonly<{ name: string; origin: string; ready: boolean; pid: number | null; address: string }>;

/** A system as `status --json` prints it. Holds no secret. Instants are ISO 8601. */
export type Status = Readonly<{
  dir: string; pid: number; since: string; ready: boolean; topicPrefix: string;
  lag: Readonly<{ records: number; seconds: number }>; parts: readonly PartStatus[]; apps: readonly AppStatus[];
}>;

const iso = (at: number): string => new Date(at).toISOString();

const appStatus = async ({ name, app, kind, state, pid, port, url, since, restarts, lastCrash }: ProcessView): Promise<AppStatus> => {
  const [why, lag] = state === 'ready' ? await Promise.all([readiness(url), readLag(url)]) : [state, undefined];
  return {
    name, app, kind, state, ready: why === 'ready', ...(why !== 'ready' && { why }), pid: pid ?? null, port, url, since: iso(since), restarts,
    lag: kind === 'worker' && lag ? { records: lag.records, seconds: Math.round(lag.seconds * 10) / 10, failing: lag.failing } : null,
    ...(lastCrash && { lastCrash: { ...lastCrash, at: iso(lastCrash.at) } }),
  };
};

/** Looks at every part and every app of a running system. */
export const readStatus = async (view: SystemView, env: Env): Promise<Status> => {
  const { dir, pid, since, connections } = view;
  const external = (kind: string): boolean => view.parts.some((part) => part.kind === kind && part.origin === 'external');
  const given: Env = {
    ...env,
    KAFKA_BROKERS: external('kafka') ? connections?.kafkaBrokers.join(',') : undefined,
    SCHEMA_REGISTRY_URL: external('registry') ? connections?.schemaRegistryUrl : undefined,
    DATABASE_URL: external('postgres') ? connections?.databaseUrl : undefined,
  };
  const [stack, apps] = await Promise.all([stackStatus({ dir, env: given }), Promise.all(view.processes.map(appStatus))]);
  const addresses: Readonly<Record<string, string>> = {
    kafka: stack.kafkaBrokers?.join(',') ?? '', registry: stack.schemaRegistryUrl ? new URL(stack.schemaRegistryUrl).host + new URL(stack.schemaRegistryUrl).pathname : '', postgres: stack.databaseUrl ? new URL(stack.databaseUrl).host + new URL(stack.databaseUrl).pathname : '',
  };
  const parts = stack.parts.map((part) => ({
    name: part.name, origin: view.parts.find(({ name }) => name === part.name)?.origin ?? part.origin, ready: part.ready, pid: part.pid ?? null, address: addresses[part.kind] ?? '',
  }));
  return {
    dir, pid, since: iso(since), topicPrefix: view.topicPrefix,
    ready: view.ready && [...parts, ...apps].every(({ ready }) => ready),
    lag: { records: apps.reduce((sum, { lag }) => sum + (lag?.records ?? 0), 0), seconds: Math.max(0, ...apps.map(({ lag }) => lag?.seconds ?? 0)) },
    parts, apps,
  };
};
