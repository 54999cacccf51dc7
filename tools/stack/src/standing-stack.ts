import { rmdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { defaultDir, externalFrom, processEnv, type Env } from './config.ts';
import { Crew } from './crew.ts';
import { externalParts } from './external.part.ts';
import { kinds, layOut, ownKinds } from './layout.ts';
import { withLock } from './lock.ts';
import { kafkaMarker } from './kafka.part.ts';
import { postgresHomes, postgresMarker } from './postgres.part.ts';
import { registryMarker } from './registry.part.ts';
import { findByMarker, isAlive, stopProcess } from './process-identity.ts';
import { connectionsOf, kindOf, removeData } from './running-stack.ts';
import type { Connections, Progress, StackPart } from './stack.ts';
import { readState } from './state.ts';

export type StandingOptions = Readonly<{ dir?: string; env?: Env; onProgress?: (progress: Progress) => void }>;

export type StackStatus = Partial<Connections> & Readonly<{ dir: string; parts: readonly (StackPart & { running: boolean })[] }>;

const answers = (probe: (signal: AbortSignal) => Promise<void>): Promise<boolean> => probe(AbortSignal.timeout(3000)).then(() => true, () => false);

/** What of a folder's stack runs and answers now; starts nothing and waits for nothing. */
export const stackStatus = async (options: StandingOptions = {}): Promise<StackStatus> => {
  const dir = resolve(options.dir ?? defaultDir);
  const env = options.env ?? processEnv;
  const external = externalFrom(env);
  const state = await readState(dir);
  const own = state ? ownKinds(kinds, external).filter((kind) => kind !== 'kafka' || state.kafka) : [];
  const brokers = state?.kafka?.brokers === 3 ? 3 : 1;
  const laidOut = state ? layOut({ dir, env, kafka: { brokers }, onProgress: () => undefined }, state, own, external) : [];
  const given = externalParts(external).map(async ({ name, probe }): Promise<StackPart & { running: boolean }> => {
    const ready = await answers(probe);
    return { name, kind: name, origin: 'external', ready, running: ready };
  });
  const ours = laidOut.map(async (part): Promise<StackPart & { running: boolean }> => {
    const process = state?.parts[part.name];
    const running = process !== undefined && (await isAlive(process));
    return { name: part.name, kind: kindOf(part.name), origin: 'adopted', running, ready: running && (await answers((signal) => part.probe(signal))), ...(running && { pid: process.pid, log: process.log }) };
  });
  return { dir, ...connectionsOf(external, state, own), parts: await Promise.all([...given, ...ours]) };
};

/** Stops all that runs in a folder, whoever started it; with `wipe`, removes its data. Nothing there is no error. */
export const stopStack = async (options: StandingOptions & Readonly<{ wipe?: boolean }> = {}): Promise<void> => {
  const dir = resolve(options.dir ?? defaultDir);
  const env = options.env ?? processEnv;
  const tell = (part: string, message: string): void => options.onProgress?.({ part, message });
  if (!(await stat(dir).catch(() => undefined))) return;
  await withLock(join(dir, 'lock'), 5 * 60_000, async () => {
    const state = await readState(dir);
    const crew = new Crew(dir, env);
    for (const [name, part] of Object.entries(state?.parts ?? {})) crew.adopt(name, part);
    await crew.stop(() => true, tell);
    await stopStrays(dir);
    if (options.wipe) await removeData(dir);
  });
  if (options.wipe) await rmdir(dir).catch(() => undefined);
};

/** Processes of this folder that no state remembers: a starter was killed between the start and the note of it, or the note was lost. */
const stopStrays = async (dir: string): Promise<void> => {
  const leaning = [registryMarker(dir), ...[1, 2, 3].map((node) => kafkaMarker(dir, node))];
  for (const [markers, signal] of [[leaning, 'SIGTERM'], [postgresHomes(dir).map((home) => postgresMarker(home)), 'SIGINT']] as const) {
    const strays = (await Promise.all(markers.map((marker) => findByMarker(marker)))).flat();
    await Promise.all(strays.map((stray) => stopProcess(stray, signal, 30_000)));
  }
};
