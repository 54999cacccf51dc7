import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { migrations as access } from '@touchpoint/host';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { DAY } from '@touchpoint/kernel';
import { createPool, dropOldKeys, dropPartial, loadSnapshot, migrate, migrations as log, writeSnapshot, type Migration, type Pool } from '@touchpoint/store';
import { migrationsOf } from '@touchpoint/testing';
import { migrations as vault } from '@touchpoint/vault';

const APPS = ['identity-resolver/src/identity', 'channel-orchestrator/src/orchestration', 'delivery-service/src/delivery', 'operations-api/src/operations', 'operations-api/src/receipt', 'operations-api/src/replay'];
const NOW = new Date('2026-03-01T12:00:00Z');
const KEYS = 'vault.data_key.copy';

let migrations: readonly Migration[];
let directory: string;
let pool: Pool;
const databases: (FreshDatabase & { own: Pool })[] = [];

const prepared = async (all = migrations): Promise<Pool> => {
  const fresh = await freshDatabase(process.env['DATABASE_URL']);
  await migrate(fresh.url, all);
  const own = createPool({ databaseUrl: fresh.url, name: 'spec', max: 2, onError: () => undefined });
  databases.push({ ...fresh, own });
  return own;
};
const write = (name: string, takenAt = NOW, signal = new AbortController().signal) => writeSnapshot(pool, { folder: join(directory, name), takenAt, signal, tell: () => undefined });
const load = (into: Pool, name: string, keysFrom?: string | null) => loadSnapshot(into, { folder: join(directory, name), tell: () => undefined, ...(keysFrom !== undefined && { keysFrom: keysFrom && join(directory, keysFrom) }) });
const TABLES = ['log.checkpoint', 'identity.customer', 'identity.event_id', 'identity.link', 'orchestration.published_set', 'orchestration.in_force', 'delivery.message', 'operations.audit', 'vault.data_key', 'access.api_key'];
const rowsOf = async (on: Pool) => Object.fromEntries(await Promise.all(TABLES.map(async (table) => [table, (await on.query(`select t::text as row from ${table} t order by 1`)).rows] as const)));

beforeAll(async () => {
  migrations = [...log, ...access, ...vault, ...(await Promise.all(APPS.map((app) => migrationsOf(`apps/${app}.migrations.ts`)))).flat()];
  pool = await prepared();
  await pool.query(`insert into log.checkpoint (consumer, topic, partition, version, next_offset) values ('identity-resolver', 't', 0, 7, 42), ('profile-projector', 't', 0, 9, 40);
    update log.incarnation set number = 3;
    insert into identity.customer select gen_random_uuid(), n, null, n % 2 = 0, false from generate_series(1, 50000) n;
    create table identity.event_id_20260301 partition of identity.event_id for values from ('2026-03-01') to ('2026-03-02');
    insert into identity.event_id select gen_random_uuid(), gen_random_uuid(), d from unnest(array['2026-03-01', 'infinity']::date[]) d;
    insert into orchestration.published_set (set_number, digest, published) values (1, 'd', '{"a": "\\u00e4\\n"}'); insert into orchestration.in_force values (0, 1, 5);
    insert into delivery.message (command_id, customer_id, topic, partition, command, state, attempt) values (gen_random_uuid(), gen_random_uuid(), 't', 0, '\\x00ff0a', 'sent', 1);
    insert into operations.audit (run_id, operation, apply, act, who, why) values (gen_random_uuid(), 'erase', true, 'done', 'sre', 'spec');
    with run as (insert into operations.run (id, operation, arguments, apply, who, why, state) values (gen_random_uuid(), 'replay', '{}', true, 'sre', 'spec', 'done') returning id),
      piece as (insert into operations.replaced (run_id, nth, partition, stood_at, seen, passed) select id, 0, 0, 1, '{}', '{}' from run)
      insert into operations.replaced_row (run_id, nth, model, version, customer_id, rows) select id, 0, 'orders', 1, gen_random_uuid(), '[]' from run;
    insert into vault.data_key (source_key, wrapped, master_id) select gen_random_uuid(), '\\x01', 'm' from generate_series(1, 3);
    insert into vault.data_key (source_key, wrapped, master_id, erased_at) values (gen_random_uuid(), null, null, now())`);
});
beforeEach(() => {
  if (directory) rmSync(directory, { recursive: true, force: true });
  directory = mkdtempSync(join(tmpdir(), 'touchpoint-snapshot-'));
});
afterAll(async () => {
  for (const { own, drop } of databases) {
    await own.end();
    await drop();
  }
  rmSync(directory, { recursive: true, force: true });
});

describe('a snapshot', () => {
  it('is loaded as it was, with the mark that keeps workers away, without where read models stand; numbers go on behind it', async () => {
    const manifest = await write('one');
    expect(manifest).toMatchObject({ incarnation: 3, takenAt: NOW.toISOString(), days: ['2026-03-01'] });
    expect(manifest.parts.find(({ name }) => name === 'identity.customer')!.rows).toBe(50_000);
    expect(manifest.parts.filter(({ name }) => /run|replaced/.test(name))).toEqual([]);
    const into = await prepared();
    await load(into, 'one');
    const [here, there] = [await rowsOf(pool), await rowsOf(into)];
    expect({ ...there, 'log.checkpoint': [] }).toEqual({ ...here, 'log.checkpoint': [] });
    expect((await into.query('select consumer, next_offset from log.checkpoint')).rows).toEqual([{ consumer: 'identity-resolver', next_offset: '42' }]);
    expect((await into.query('select number, restore_needed from log.incarnation')).rows).toEqual([{ number: 3, restore_needed: expect.stringContaining(NOW.toISOString()) }]);
    expect((await into.query("insert into vault.data_key (source_key, wrapped, master_id) values (gen_random_uuid(), '\\x01', 'm') returning key_id")).rows).toEqual([{ key_id: '5' }]);
    await expect(load(into, 'one')).rejects.toMatchObject({ code: 'SNAPSHOT.NOT_EMPTY' });
  });

  it('is open to its owner alone', async () => {
    await write('one');
    expect(statSync(join(directory, 'one')).mode & 0o777).toBe(0o700);
    expect([...new Set(readdirSync(join(directory, 'one')).map((file) => statSync(join(directory, 'one', file)).mode & 0o777))]).toEqual([0o600]);
  });

  it('whose making was interrupted is none, and is taken away', async () => {
    await expect(write('one', NOW, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    expect(readdirSync(directory)).toEqual(['one.partial']);
    await expect(load(pool, 'one.partial')).rejects.toMatchObject({ code: 'SNAPSHOT.NONE' });
    expect(await dropPartial(directory)).toBe(1);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('that is not what was written is not loaded', async () => {
    await write('one');
    appendFileSync(join(directory, 'one', 'identity.customer.copy'), 'x');
    const into = await prepared();
    await expect(load(into, 'one')).rejects.toMatchObject({ code: 'SNAPSHOT.DAMAGED' });
    expect((await into.query('select from identity.customer')).rows).toEqual([]);
  });

  it('of another release is not loaded', async () => {
    await write('one');
    await expect(load(await prepared([...migrations, { id: 'later', sql: 'create table log.later ()' }]), 'one')).rejects.toMatchObject({ code: 'SNAPSHOT.OTHER_RELEASE', message: expect.stringContaining('later') });
  });

  it('that cannot be written fails, and the database goes on', async () => {
    mkdirSync(join(directory, 'one.partial'));
    const controller = new AbortController();
    const writing = writeSnapshot(pool, { folder: join(directory, 'one'), takenAt: NOW, signal: controller.signal, tell: (part) => { if (part === 'identity.customer') rmSync(join(directory, 'one.partial'), { recursive: true }); } });
    await expect(writing).rejects.toThrow();
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });
});

describe('Erased is unreadable: the keys of a snapshot', () => {
  it('are deleted after a while; what was erased stays known', async () => {
    await write('old', new Date(NOW.getTime() - 40 * DAY));
    await write('young');
    const before = new Date(NOW.getTime() - 30 * DAY);
    expect(await dropOldKeys(directory, before, { apply: false })).toBe(1);
    expect(existsSync(join(directory, 'old', KEYS))).toBe(true);
    expect(await dropOldKeys(directory, before, { apply: true })).toBe(1);
    expect([existsSync(join(directory, 'old', KEYS)), existsSync(join(directory, 'young', KEYS))]).toEqual([false, true]);
    expect(await dropOldKeys(directory, before, { apply: true })).toBe(0);

    const into = await prepared();
    await expect(load(into, 'old')).rejects.toMatchObject({ code: 'SNAPSHOT.NO_KEYS' });
    await load(into, 'old', null);
    expect((await into.query('select wrapped is null as erased from vault.data_key')).rows).toEqual([{ erased: true }]);
    const other = await prepared();
    await load(other, 'old', 'young');
    expect((await other.query('select count(*)::int as keys from vault.data_key where wrapped is not null')).rows).toEqual([{ keys: 3 }]);
  });
});
