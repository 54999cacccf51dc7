import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeMeta, type DataOf, type Draft, type MessageName } from '@touchpoint/contracts';
import { createApp, migrations as access, silentLog, systemClock, tableApiKeys } from '@touchpoint/host';
import { freshDatabase } from '@touchpoint/host/testing';
import { partitionOf, type Link, type Meta, type Sealed, type SourceKey, type SourceKind } from '@touchpoint/kernel';
import { createMessageWriter, createRegistry, dropRepeats, META, repositoryFile, TOPICS, TYPE, type LogRecord, type OutRecord } from '@touchpoint/log';
import { publicationAs, publicationChecker, type Publication } from '@touchpoint/orchestration';
import { projections } from '@touchpoint/profile';
import { createPool, loadSnapshot, migrate, migrations as log, projectionTable, publishControl, type Pool } from '@touchpoint/store';
import { createTestSystem, endApp, eventually, migrationsOf, startApp } from '@touchpoint/testing';
import { masterKeyOf, migrations as vaultMigrations, Vault } from '@touchpoint/vault';
import { operationsApp } from '../operations-app.ts';
import type { Run } from '../run-store.ts';

const WORKERS = ['identity-resolver', 'profile-projector', 'channel-orchestrator', 'delivery-service'];
const APPS = ['identity-resolver/src/identity', 'channel-orchestrator/src/orchestration', 'delivery-service/src/delivery', 'operations-api/src/operations', 'operations-api/src/receipt', 'operations-api/src/replay'];
const NOW = Date.now();

const send = { type: 'send', channel: 'email', template: 'order-confirmation', class: 'transactional', guarantee: 'atLeastOnce', notAfter: 'P2D', variables: { orderId: { event: 'orderId' }, currency: { event: 'currency' }, total: { event: 'total' }, lines: { event: 'lines' } } };
/** An e-mail at once, and another one that a timer brings. */
const JOURNEY = { id: 'thanks', version: 1, name: 'Thanks', goal: 'Two e-mails.', entry: { event: 'OrderCompleted' }, reentry: { rule: 'oncePer', key: 'orderId' },
  steps: [{ id: 'first', ...send, next: 'rest' }, { id: 'rest', type: 'wait', for: 'PT1S', next: 'second' }, { id: 'second', ...send, next: 'done' }, { id: 'done', type: 'exit' }] };
const TEMPLATE = 'templates/order-confirmation';
const publication = (): Publication => {
  const templates = readdirSync(repositoryFile(TEMPLATE)).map((file) => [`${TEMPLATE}/${file}`, readFileSync(repositoryFile(`${TEMPLATE}/${file}`), 'utf8')]);
  const checked = publicationChecker()({ ...Object.fromEntries(templates) as object, 'journeys/thanks.json': JSON.stringify(JOURNEY) });
  if ('issues' in checked) throw new Error(JSON.stringify(checked.issues));
  return checked.publication;
};

export type Database = Readonly<{ url: string; pool: Pool; drop: () => Promise<void> }>;

/** A system on one log, whose database is taken away and replaced. */
export const createRestorable = async () => {
  const migrations = [...log, ...access, ...vaultMigrations, ...projections.map((projection) => projectionTable(projection).migration), ...(await Promise.all(APPS.map((app) => migrationsOf(`apps/${app}.migrations.ts`)))).flat()];
  const system = await createTestSystem({ migrations });
  const snapshots = mkdtempSync(join(tmpdir(), 'touchpoint-restore-'));
  const registry = createRegistry(system.env['SCHEMA_REGISTRY_URL']!);
  const [received, timeline] = [await createMessageWriter(registry, system.prefix, TOPICS.received), await createMessageWriter(registry, system.prefix, TOPICS.timeline)];
  const env = { ...system.env, CALL_LIMIT_MS: '2000', CALL_MARGIN_MS: '500', RETRY_MS: '100', SESSION_TIMEOUT_MS: '6000', SNAPSHOT_DIR: snapshots, LEASE_MS: '2000' };
  const databases: Database[] = [];
  let workers: ChildProcess[] = [];
  let vault = open(system.pool);
  let current: Pick<Database, 'url' | 'pool'> = { url: system.env['DATABASE_URL']!, pool: system.pool };

  function open(pool: Pool): Vault {
    return Vault.open(pool, { current: masterKeyOf(Buffer.from(system.env['MASTER_KEY']!, 'base64')) }, { clock: systemClock });
  }
  const operationsOn = async ({ url, pool }: Pick<Database, 'url' | 'pool'>) => {
    const hosted = await createApp({ ...operationsApp, env: { ...env, DATABASE_URL: url }, log: silentLog });
    await hosted.start();
    const { key } = await tableApiKeys(pool, systemClock).create({ name: `sre-${databases.length}`, scopes: ['operate'] });
    const headers = { authorization: `Bearer ${key}` };
    return {
      run: async (operation: string, apply = false): Promise<Run> => {
        const asked = (await hosted.app.inject({ method: 'POST', url: '/v1/runs', headers, payload: { operation, arguments: {}, apply, why: 'spec' } })).json() as Run;
        return eventually(`the end of ${operation}`, async () => {
          const run = (await hosted.app.inject({ url: `/v1/runs/${asked.id}`, headers })).json() as Run;
          return ['done', 'failed', 'stopped'].includes(run.state) && run;
        });
      },
      stop: () => hosted.stop(),
    };
  };
  let operations = await operationsOn(current);

  /** Events in the form that ingest gives them. */
  const event = async <N extends MessageName>(messageId: string, type: N, data: Draft<DataOf<N>>, sources: readonly (readonly [SourceKind, SourceKey])[], link: Link = 'none'): Promise<OutRecord> => {
    const meta: Meta = { messageId, publisher: 'shop', occurredAt: NOW, receivedAt: NOW, historical: false, sources: sources.map(([kind, key]) => ({ kind, key, label: null })), link, digest: '1'.repeat(32), correlationId: null, causationId: null };
    const key = sources[0]![1];
    return { topic: system.prefix + TOPICS.received, partition: partitionOf(key, system.partitions), key, value: received.write(type, data), headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from(type) } };
  };
  const sealed = async (key: SourceKey, text: string): Promise<Sealed> => vault.seal((await vault.keysFor([key])).get(key)!, text);

  return {
    system, snapshots,
    get pool() { return current.pool; },
    get operations() { return operations; },
    publish: () => publishControl({ pool: current.pool, appender: system.appender, writer: timeline, timeline: { topic: system.prefix + TOPICS.timeline, partitions: system.partitions } }, async (client) => {
      const [row] = (await client.query<{ n: number }>('select coalesce(max(set_number), 0)::int + 1 as n from orchestration.published_set')).rows;
      const data = { ...publicationAs(row!.n, publication(), undefined), settings: null, publishedBy: 'spec', publishedAt: NOW, note: null };
      await client.query("insert into orchestration.published_set (set_number, digest, published) values ($1, 'spec', $2)", [data.setNumber, JSON.stringify(data)]);
      return { type: 'JourneysPublished' as const, data, by: 'spec', at: NOW };
    }),
    /** People who come anonymously, are known later, and order: sources are linked and moved, customers merged, e-mails sent. */
    visit: async (name: string, people: number): Promise<readonly OutRecord[]> => {
      const key = (kind: string, n: number) => Buffer.from(`${name} ${kind} ${n}`.padEnd(16)).subarray(0, 16).toString('hex') as SourceKey;
      const records = await Promise.all(Array.from({ length: people }, async (_, n) => {
        const [user, anonymous] = [['user', key('u', n)] as const, ['anonymous', key('a', n >> 1)] as const];
        return [
          await event(`${name}-seen-${n}`, 'Tracked', { name: 'Seen' }, [anonymous]),
          await event(`${name}-known-${n}`, 'TraitsSet', { email: await sealed(user[1], `${name}${n}@example.com`), emailKey: key('e', n), personal: [], removed: [] }, [user]),
          await event(`${name}-is-${n}`, 'Tracked', { name: 'Is' }, [user, anonymous], 'identify'),
          await event(`${name}-order-${n}`, 'OrderCompleted', { orderId: `${name}-${n}`, currency: 'EUR', place: 'app', lines: [] }, [user]),
        ];
      }));
      return records.flat();
    },
    append: async (records: readonly OutRecord[]) => {
      for (let at = 0; at < records.length; at += 200) await system.appender.append(records.slice(at, at + 200));
    },
    /** The timeline as its readers take it, from the first record on. */
    taken: async (): Promise<readonly (LogRecord & Readonly<{ partition: number }>)[]> => {
      const all = await system.readAll(TOPICS.timeline);
      return Array.from({ length: system.partitions }, (_, partition) => dropRepeats(new Map(), all.filter((record) => record.partition === partition)).taken.map((record) => ({ ...record, partition }))).flat();
    },
    /** What operations-api runs with, as a process of its own. */
    get operationsEnv() { return { ...env, DATABASE_URL: current.url, LEASE_MS: '1000' }; },
    startWorkers: () => {
      workers = WORKERS.flatMap((app) => (app === 'channel-orchestrator' || app === 'identity-resolver' ? [app, app] : [app])).map((app) => startApp(app, { ...env, DATABASE_URL: current.url }));
    },
    killWorkers: async () => {
      await Promise.all(workers.map((worker) => endApp(worker, 'SIGKILL')));
      workers = [];
    },
    /** Another database in the place of the one before, which stays as it was left. */
    replaceDatabase: async (folder: string) => {
      await operations.stop();
      vault.close();
      const fresh = await freshDatabase(system.env['DATABASE_URL']);
      await migrate(fresh.url, migrations);
      const pool = createPool({ databaseUrl: fresh.url, name: 'spec', max: 4, onError: () => undefined });
      databases.push({ url: fresh.url, pool, drop: async () => { await pool.end(); await fresh.drop(); } });
      await loadSnapshot(pool, { folder, tell: () => undefined });
      current = { url: fresh.url, pool };
      vault = open(pool);
      operations = await operationsOn(current);
    },
    end: async () => {
      await Promise.all(workers.map((worker) => endApp(worker)));
      await operations.stop();
      vault.close();
      for (const database of databases) await database.drop();
      await system.end();
      rmSync(snapshots, { recursive: true, force: true });
    },
  };
};
export type Restorable = Awaited<ReturnType<typeof createRestorable>>;
