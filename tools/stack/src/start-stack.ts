import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { defaultDir, externalFrom, processEnv } from './config.ts';
import { Crew } from './crew.ts';
import { externalParts } from './external.part.ts';
import { completeState, kinds, layOut, newState, ownKinds, portNames, portsOf } from './layout.ts';
import { withLock } from './lock.ts';
import type { Part } from './part.ts';
import { choosePorts, isFree, usualPorts, type Ports } from './ports.ts';
import { findByMarker, runs, stopProcess } from './process-identity.ts';
import { untilReady } from './readiness.ts';
import { stackOf } from './running-stack.ts';
import type { Stack, StackOptions } from './stack.ts';
import { StackError } from './stack-error.ts';
import { readState, writeState, type StackState } from './state.ts';

const lockLimitMs = 20 * 60_000;

/**
 * Brings up what is asked for and not there: what the environment gives is used, what still runs in `dir` is adopted, the rest is started, and all of it is ready
 * when this resolves. When a part fails, what this call started is stopped again and the error names the part (STACK.PART_DIED, STACK.NOT_READY, …).
 */
export const startStack = async (options: StackOptions = {}): Promise<Stack> => {
  const dir = resolve(options.dir ?? defaultDir);
  const env = options.env ?? processEnv;
  const tell = (part: string, message: string): void => options.onProgress?.({ part, message });
  const external = externalFrom(env);
  const asked = options.parts ?? kinds;
  const own = ownKinds(asked, external);
  const brokers = options.kafka?.brokers ?? 1;
  const given = externalParts(external).filter(({ name }) => asked.includes(name) || (name === 'postgres' && own.includes('registry')));
  const lookAt = async (): Promise<void> => {
    const deadline = Date.now() + (options.readyWithin ?? 120_000);
    await Promise.all(given.map(({ name, variable, probe }) =>
      untilReady({ name: `${name} (from ${variable})`, probe, dead: () => Promise.resolve(undefined), onWait: (reason) => tell(name, `waiting: ${reason}`) }, deadline, options.signal)));
  };
  if (own.length === 0) {
    await lookAt();
    return stackOf({ dir, crew: new Crew(dir, env), state: undefined, external, given, own, tell });
  }

  await mkdir(dir, { recursive: true });
  return withLock(join(dir, 'lock'), lockLimitMs, async () => {
    let state = await completeState(dir, (await readState(dir)) ?? newState(), own, brokers);
    const crew = new Crew(dir, env);
    for (const [name, part] of Object.entries(state.parts)) if (await runs(part)) crew.adopt(name, part);
    const kept = Object.fromEntries([...crew.members].map(([name]) => portsOf(name)).flat().map((name) => [name, state.ports[name] ?? 0]));
    const chosen = await portsFor(dir, state, kept, options.ports ?? {}, portNames(own, brokers));
    state = { ...state, ports: { ...state.ports, ...chosen }, parts: Object.fromEntries([...crew.members].map(([name, { owned: _, ...part }]) => [name, part])) };
    await writeState(dir, state);

    const failed = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, failed.signal]) : failed.signal;
    const parts = layOut({ dir, env, signal, ...(options.kafka && { kafka: options.kafka }), ...(options.postgres && { postgres: options.postgres }), onProgress: tell }, state, own, external);
    const starting = bringUp(parts, { crew, limitMs: options.readyWithin ?? 120_000, tell, signal });
    try {
      await Promise.all([lookAt(), ...starting]);
      if (options.detach) await crew.release();
    } catch (error) {
      failed.abort(error);
      await Promise.allSettled(starting);
      await crew.stop((_, owned) => owned, tell).catch(() => undefined);
      throw error;
    }
    return stackOf({ dir, crew, state, external, given, own, tell });
  }, { onWait: (pid) => tell('stack', `process ${pid} is starting or stopping this stack; waiting for it`), signal: options.signal });
};

/** Kept where a part runs; else as asked, as last time, as usual, or any free one. */
const portsFor = (dir: string, state: StackState, kept: Ports, asked: Ports, names: readonly string[]): Promise<Ports> => {
  for (const name of names) {
    if (kept[name] !== undefined && asked[name] !== undefined && kept[name] !== asked[name]) {
      throw new StackError('STACK.OTHER_SETTINGS', `${name} runs on port ${kept[name]}, and ${asked[name]} is asked for: stop it first.`);
    }
  }
  const wished = { ...(dir === defaultDir ? usualPorts : {}), ...state.ports, ...asked, ...kept };
  const running = new Set(Object.values(kept));
  return choosePorts(names, wished, dir, (port) => (running.has(port) ? Promise.resolve(true) : isFree(port)));
};

type Start = Readonly<{ crew: Crew; limitMs: number; tell: (part: string, message: string) => void; signal: AbortSignal }>;

/** Kafka and Postgres side by side, and the registry as soon as Postgres answers. */
const bringUp = (parts: readonly Part[], start: Start): readonly Promise<void>[] => {
  const ready = new Map<string, Promise<void>>();
  for (const part of parts) {
    const before = part.name === 'registry' ? ready.get('postgres') : undefined;
    ready.set(part.name, before ? before.then(() => bringUpOne(part, start)) : bringUpOne(part, start));
  }
  return [...ready.values()];
};

const bringUpOne = async (part: Part, { crew, limitMs, tell, signal }: Start): Promise<void> => {
  const began = Date.now();
  const found = crew.members.get(part.name);
  if (found && found.settings !== part.settings) {
    throw new StackError('STACK.OTHER_SETTINGS', `${part.name} runs with other settings (process ${found.pid}): stop it first, or ask for the same.`);
  }
  const wait = (): Promise<void> => {
    const log = crew.members.get(part.name)?.log;
    const onWait = (reason: string): void => tell(part.name, `waiting: ${reason}`);
    return untilReady({ name: part.name, ...(log && { log }), probe: (limit) => part.probe(limit), dead: () => crew.dead(part.name), onWait }, Date.now() + limitMs, signal);
  };
  let adopted = found !== undefined;
  if (adopted) {
    tell(part.name, `still runs (process ${found?.pid})`);
    await wait().catch((error: unknown) => {
      // Somebody was just stopping what we found: then it is ours to start.
      if (!(error instanceof StackError) || error.code !== 'STACK.PART_DIED') throw error;
      adopted = false;
    });
  }
  if (!adopted) {
    if (part.name !== 'postgres') for (const stray of await findByMarker(part.marker)) await stopProcess(stray, 'SIGTERM', 20_000);
    const launch = await part.prepare();
    signal.throwIfAborted();
    tell(part.name, 'starting');
    await crew.start(launch, part.settings);
    await wait();
  }
  await part.settle?.();
  tell(part.name, `ready after ${((Date.now() - began) / 1000).toFixed(1)} s`);
};
