import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Env, External } from './config.ts';
import type { PartKind } from './external.part.ts';
import { ensureJars, type Jars } from './jars.ts';
import { findJava, type Java } from './java.ts';
import { kafkaPart, type KafkaOptions } from './kafka.part.ts';
import type { Part, PartContext } from './part.ts';
import { choosePostgresHome, postgresPart, type PostgresOptions } from './postgres.part.ts';
import { storageOnExternal, type RegistryStorage } from './postgres-setup.ts';
import { registryPart } from './registry.part.ts';
import { StackError } from './stack-error.ts';
import type { StackState } from './state.ts';

export const kinds: readonly PartKind[] = ['postgres', 'kafka', 'registry'];

/** What is ours to run: what is asked for and not there already. A registry of ours stores in Postgres. */
export const ownKinds = (asked: readonly PartKind[], external: External): readonly PartKind[] =>
  kinds.filter((kind) => {
    if (kind === 'kafka') return asked.includes('kafka') && !external.kafkaBrokers;
    if (kind === 'registry') return asked.includes('registry') && !external.schemaRegistryUrl;
    return !external.databaseUrl && (asked.includes('postgres') || (asked.includes('registry') && !external.schemaRegistryUrl));
  });

export const portNames = (own: readonly PartKind[], brokers: number): readonly string[] => [
  ...(own.includes('postgres') ? ['postgres'] : []),
  ...(own.includes('registry') ? ['registry', 'registry-management'] : []),
  ...(own.includes('kafka') ? Array.from({ length: brokers }, (_, i) => [`kafka-${i + 1}`, `kafka-${i + 1}-controller`]).flat() : []),
];

export const portsOf = (part: string): readonly string[] =>
  part === 'postgres' ? ['postgres'] : part === 'registry' ? ['registry', 'registry-management'] : part === 'kafka' ? ['kafka-1', 'kafka-1-controller'] : [part, `${part}-controller`];

const secret = (): string => randomBytes(18).toString('base64url');

/** As Kafka makes them; one that begins with a dash would be taken for an option. */
const clusterId = (): string => {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? clusterId() : id;
};

export const newState = (): StackState => ({ version: 1, ports: {}, passwords: { postgres: secret(), touchpoint: secret(), registry: secret() }, parts: {} });

/** Adds what is chosen once for a folder. A cluster's size is: its topics are spread over its nodes. */
export const completeState = async (dir: string, state: StackState, own: readonly PartKind[], brokers: number): Promise<StackState> => {
  const kafka = own.includes('kafka') ? (state.kafka ?? { clusterId: clusterId(), brokers }) : state.kafka;
  if (kafka && own.includes('kafka') && kafka.brokers !== brokers) {
    throw new StackError('STACK.OTHER_SETTINGS', `${dir} holds a Kafka of ${kafka.brokers} broker(s), and ${brokers} are asked for: take another folder, or wipe it.`);
  }
  const home = own.includes('postgres') ? (state.postgresHome ?? (await choosePostgresHome(dir))) : state.postgresHome;
  return { ...state, ...(kafka && { kafka }), ...(home && { postgresHome: home }) };
};

export type LayoutOptions = Readonly<{ dir: string; env: Env; signal?: AbortSignal; kafka?: KafkaOptions; postgres?: PostgresOptions; onProgress(part: string, message: string): void }>;

/** A registry that runs over another database than is meant now is not the one that is meant. Says nothing of the password. */
const storageName = ({ databaseUrl }: External): string => (databaseUrl ? `${new URL(databaseUrl).host}${new URL(databaseUrl).pathname}` : 'own');

/** The parts of a folder whose ports are chosen. Java and the jars are looked for once, and only when something has to be started. */
export const layOut = (options: LayoutOptions, state: StackState, own: readonly PartKind[], external: External): readonly Part[] => {
  const { dir, env, onProgress } = options;
  const context = (name: string): PartContext => ({ dir, env, ports: state.ports, passwords: state.passwords, signal: options.signal, onProgress: (message) => onProgress(name, message) });
  let asked: Promise<{ java: Java; jars: Jars }> | undefined;
  const runtime = (): Promise<{ java: Java; jars: Jars }> =>
    (asked ??= (async () => {
      const java = await findJava(env);
      return { java, jars: await ensureJars(env, java, (message) => onProgress('jars', message), options.signal) };
    })());
  const storage = (): Promise<RegistryStorage> =>
    external.databaseUrl
      ? storageOnExternal(external.databaseUrl)
      : Promise.resolve({ jdbcUrl: `jdbc:postgresql://127.0.0.1:${state.ports['postgres']}/registry?currentSchema=registry`, user: 'registry', password: state.passwords.registry });
  const brokers = options.kafka?.brokers ?? 1;
  return own.flatMap((kind) => {
    if (kind === 'postgres') return [postgresPart(context('postgres'), state.postgresHome ?? join(dir, 'postgres'), options.postgres)];
    if (kind === 'registry') return [registryPart(context('registry'), storageName(external), storage, runtime)];
    return Array.from({ length: brokers }, (_, i) => kafkaPart(context(brokers === 1 ? 'kafka' : `kafka-${i + 1}`), state.kafka?.clusterId ?? '', i + 1, options.kafka ?? {}, runtime));
  });
};

