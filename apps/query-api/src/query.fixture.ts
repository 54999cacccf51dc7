import type { ChildProcess } from 'node:child_process';
import { encodeMeta, type DataOf, type Draft, type MessageName } from '@touchpoint/contracts';
import { createApp, migrations as accessMigrations, silentLog, tableApiKeys, systemClock, type ApiKeys, type HostedApp, type Scope } from '@touchpoint/host';
import { manualClock, type ManualClock } from '@touchpoint/host/testing';
import { partitionOf, type CustomerId, type Instant, type Link, type Meta, type Sealed, type SourceKey, type SourceKind } from '@touchpoint/kernel';
import { createMessageWriter, createRegistry, createSequencer, encodeOrigin, META, ORIGIN, TOPICS, TYPE, type MessageWriter } from '@touchpoint/log';
import { projections } from '@touchpoint/profile';
import { migrations as logMigrations, projectionTable, type Migration } from '@touchpoint/store';
import { createTestSystem, endApp, eventually, migrationsOf, startApp, type TestSystem } from '@touchpoint/testing';
import { createSourceKeys, masterKeyOf, migrations as vaultMigrations, Vault } from '@touchpoint/vault';
import { migrations as analyticsMigrations } from './analytics.migrations.ts';
import { queryApp } from './query-app.ts';

/** Everything that a query rests on. */
export const allMigrations = async (): Promise<readonly Migration[]> => [
  ...logMigrations, ...accessMigrations, ...vaultMigrations, ...(await migrationsOf('apps/identity-resolver/src/identity.migrations.ts')),
  ...projections.map((projection) => projectionTable(projection).migration), ...analyticsMigrations,
];

export type SourceId = readonly [kind: SourceKind, value: string];
export type About = Readonly<{ sources?: readonly SourceId[]; link?: Link; at?: Instant; messageId?: string; historical?: boolean }>;
export type Answer = Readonly<{ status: number; headers: Headers; type: string; body: Record<string, unknown> }>;

export type Query = Readonly<{
  system: TestSystem;
  hosted: HostedApp;
  keys: ApiKeys;
  clock: ManualClock;
  vault: Vault;
  projector: ChildProcess;
  keyOf: (kind: SourceKind, value: string) => SourceKey;
  /** Seals a value under the key of a source. */
  sealed: (source: SourceId, clear: string) => Promise<Sealed>;
  /** Publishes a touchpoint, as ingest does. */
  publish: <N extends MessageName>(type: N, data: Draft<DataOf<N>>, about?: About) => Promise<string>;
  /** Appends a fact to a timeline, as the orchestrator does. */
  append: <N extends MessageName>(customerId: string, type: N, data: Draft<DataOf<N>>, more?: Partial<Meta>) => Promise<void>;
  get: (path: string, key?: string) => Promise<Answer>;
  /** Waits until an answer is what it should be. */
  seen: (path: string, what: string, fits: (body: Record<string, unknown>) => boolean) => Promise<Record<string, unknown>>;
  end: () => Promise<void>;
}>;

const ADA: readonly SourceId[] = [['user', 'ada']];
const SCOPES: readonly Scope[] = ['customers:read', 'messages:read'];

/** A query-api in this process on a system of its own, with a resolver and a projector beside it. */
export const startQuery = async (): Promise<Query> => {
  const system = await createTestSystem({ migrations: await allMigrations() });
  const clock = manualClock(Date.now());
  // Goes with the real time, and can be set forward: keys of personal data are remembered for a time.
  let ahead = 0;
  const moving: ManualClock = { ...clock, now: () => Date.now() + ahead, advance: (ms) => { ahead += ms; } };
  const hosted = await createApp({ ...queryApp, env: system.env, log: silentLog, clock: moving });
  await hosted.start();
  const workers = ['identity-resolver', 'profile-projector'].map((app) => startApp(app, system.env));
  const keys = tableApiKeys(system.pool, systemClock);
  const { key: readKey } = await keys.create({ name: 'reader', scopes: SCOPES });
  const vault = Vault.open(system.pool, { current: masterKeyOf(Buffer.from(system.env['MASTER_KEY']!, 'base64')) }, { clock: systemClock });
  const { keyOf } = createSourceKeys(Buffer.from(system.env['SOURCE_KEY_SECRET']!, 'base64'));
  const registry = createRegistry(system.env['SCHEMA_REGISTRY_URL']!);
  const [received, timeline]: MessageWriter[] = [await createMessageWriter(registry, system.prefix, TOPICS.received), await createMessageWriter(registry, system.prefix, TOPICS.timeline)];
  const sequencer = createSequencer(new Map());
  let number = 0;
  const sealed: Query['sealed'] = async ([kind, value], clear) => vault.seal((await vault.keysFor([keyOf(kind, value)])).get(keyOf(kind, value))!, clear);

  const publish: Query['publish'] = async (type, data, { sources = ADA, link = 'none', at = Date.now(), messageId = `m-${(number += 1)}`, historical = false } = {}) => {
    const known = await Promise.all(sources.map(async (source) => ({ kind: source[0], key: keyOf(...source), label: await sealed(source, source[1]) })));
    const { key } = known[0]!;
    const meta: Meta = { messageId, publisher: 'shop', occurredAt: at, receivedAt: at + 5, historical, sources: known, link, digest: messageId.padEnd(32, '0').replaceAll(/[^0-9a-f]/g, 'a').slice(0, 32), correlationId: null, causationId: null };
    await system.appender.append([{ topic: system.prefix + TOPICS.received, partition: partitionOf(key, system.partitions), key, value: received!.write(type, data), headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from(type) } }]);
    return messageId;
  };
  const append: Query['append'] = async (customerId, type, data, more = {}) => {
    const [topic, partition] = [system.prefix + TOPICS.timeline, partitionOf(customerId, system.partitions)];
    const at = Date.now();
    const meta: Meta = { messageId: `f-${(number += 1)}`, publisher: 'channel-orchestrator', occurredAt: at, receivedAt: at, historical: false, sources: [], link: 'none', digest: '0'.repeat(32), correlationId: null, causationId: null, ...more };
    const headers = { [META]: encodeMeta(meta), [TYPE]: Buffer.from(type), [ORIGIN]: encodeOrigin('spec.1/x/0/1', sequencer.next(topic, partition)) };
    await system.appender.append([{ topic, partition, key: customerId as CustomerId, value: timeline!.write(type, data), headers }]);
  };
  const get: Query['get'] = async (path, key = readKey) => {
    const answer = await hosted.app.inject({ url: path, headers: key === '' ? {} : { authorization: `Bearer ${key}` } });
    const headers = new Headers(Object.entries(answer.headers).map(([name, value]) => [name, String(value)] as [string, string]));
    return { status: answer.statusCode, headers, type: headers.get('content-type') ?? '', body: answer.json() as Record<string, unknown> };
  };

  return {
    system, hosted, keys, clock: moving, vault, keyOf, sealed, publish, append, get, projector: workers[1]!,
    seen: (path, what, fits) => eventually(what, async () => {
      const { status, body } = await get(path);
      if (status === 200 && fits(body)) return body;
      throw new Error(`${status} ${JSON.stringify(body).slice(0, 2_000)}`);
    }),
    end: async () => {
      await Promise.all(workers.map((worker) => endApp(worker)));
      vault.close();
      await hosted.stop();
      await system.end();
    },
  };
};
