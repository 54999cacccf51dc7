import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { External } from './config.ts';
import type { Crew } from './crew.ts';
import type { ExternalPart, PartKind } from './external.part.ts';
import { kafkaName } from './kafka.part.ts';
import { withLock } from './lock.ts';
import { postgresHomes } from './postgres.part.ts';
import { registryUrl } from './registry.part.ts';
import type { Connections, DeadPart, Stack, StackPart } from './stack.ts';
import { StackError } from './stack-error.ts';
import type { StackState } from './state.ts';

const lockLimitMs = 5 * 60_000;

export type Running = Readonly<{
  dir: string;
  crew: Crew;
  state: StackState | undefined;
  external: External;
  given: readonly ExternalPart[];
  own: readonly PartKind[];
  tell: (part: string, message: string) => void;
}>;

export const kindOf = (name: string): PartKind => (name === 'postgres' || name === 'registry' ? name : 'kafka');

/** Addresses of what the environment gives or this folder runs; undefined for what neither has. */
export const connectionsOf = (external: External, state: StackState | undefined, own: readonly PartKind[]): Partial<Connections> => {
  const port = (name: string): number => state?.ports[name] ?? 0;
  const brokers = Array.from({ length: state?.kafka?.brokers ?? 1 }, (_, i) => `127.0.0.1:${port(`kafka-${i + 1}`)}`);
  const kafkaBrokers = external.kafkaBrokers ?? (own.includes('kafka') ? brokers : undefined);
  const schemaRegistryUrl = external.schemaRegistryUrl ?? (own.includes('registry') ? registryUrl(port('registry')) : undefined);
  const databaseUrl = external.databaseUrl ?? (own.includes('postgres') ? `postgres://touchpoint:${state?.passwords.touchpoint}@127.0.0.1:${port('postgres')}/touchpoint` : undefined);
  return { ...(kafkaBrokers && { kafkaBrokers }), ...(schemaRegistryUrl && { schemaRegistryUrl }), ...(databaseUrl && { databaseUrl }) };
};

export const stackOf = (running: Running): Stack => {
  const { dir, crew, state, external, given, own, tell } = running;
  const connections = connectionsOf(external, state, own);
  const there = <T>(value: T | undefined, part: string): T => {
    if (value === undefined) throw new StackError('STACK.NOT_IN_STACK', `This stack was started without ${part}: name it in \`parts\`.`);
    return value;
  };
  const names = own.flatMap((kind) => (kind === 'kafka' ? Array.from({ length: state?.kafka?.brokers ?? 1 }, (_, i) => kafkaName(i + 1, state?.kafka?.brokers ?? 1)) : [kind]));
  const parts: readonly StackPart[] = [
    ...given.map(({ name }): StackPart => ({ name, kind: name, origin: 'external', ready: true })),
    ...names.map((name): StackPart => {
      const member = crew.members.get(name);
      return { name, kind: kindOf(name), origin: member?.owned ? 'owned' : 'adopted', ready: true, ...(member && { pid: member.pid, log: member.log }) };
    }),
  ];
  const locked = <T>(work: () => Promise<T>): Promise<T> => (own.length === 0 ? work() : withLock(join(dir, 'lock'), lockLimitMs, work));
  let stopping = false;

  return {
    dir,
    parts,
    get kafkaBrokers() {
      return there(connections.kafkaBrokers, 'kafka');
    },
    get schemaRegistryUrl() {
      return there(connections.schemaRegistryUrl, 'registry');
    },
    get databaseUrl() {
      return there(connections.databaseUrl, 'postgres');
    },
    onPartDied: (heard) => watch(crew, names, () => stopping, heard),
    detach: () => crew.release(),
    stop: async ({ adopted = false } = {}) => {
      stopping = true;
      const meant = (name: string, owned: boolean): boolean => owned || (adopted && names.includes(name));
      if ([...crew.members].some(([name, { owned }]) => meant(name, owned))) await locked(() => crew.stop(meant, tell));
    },
    wipe: async () => {
      stopping = true;
      await locked(async () => {
        await crew.stop(() => true, tell);
        await removeData(dir);
      });
      await rmdir(dir).catch(() => undefined);
    },
  };
};

/** Removes what a stack makes in its folder, and nothing else that may lie there. */
export const removeData = async (dir: string): Promise<void> => {
  const made = ['kafka', 'kafka-1', 'kafka-2', 'kafka-3', 'log', 'tmp', 'stack.json'].map((name) => join(dir, name));
  for (const path of [...postgresHomes(dir), ...made]) await rm(path, { recursive: true, force: true });
};

/** The keeper tells of our own parts at once; adopted ones, and all when the keeper itself was killed, are looked at every second. */
const watch = (crew: Crew, names: readonly string[], stopping: () => boolean, heard: (dead: DeadPart) => void): (() => void) => {
  const told = new Set<string>();
  const look = async (name: string): Promise<void> => {
    if (stopping() || told.has(name)) return;
    const dead = await crew.dead(name);
    if (!dead || stopping() || told.has(name)) return;
    told.add(name);
    heard(dead);
  };
  const unlisten = crew.onExit((name) => void look(name));
  const timer = setInterval(() => names.forEach((name) => void look(name)), 1000).unref();
  return () => {
    unlisten();
    clearInterval(timer);
  };
};
