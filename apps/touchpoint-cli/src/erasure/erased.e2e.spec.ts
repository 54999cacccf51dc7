import { randomUUID } from 'node:crypto';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Kafka } from 'kafkajs';
import { silentLog, systemClock } from '@touchpoint/host';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { CONTROL_KEY } from '@touchpoint/kernel';
import { createKafka, createMessageReader, createRegistry, dropRepeats, readTimelineRecord, TOPICS, TYPE, type MessageReader } from '@touchpoint/log';
import { projections } from '@touchpoint/profile';
import { foldingInto, MergedRows, migrate, projectionTable, query, subscribedTypes, transaction, type Queryable } from '@touchpoint/store';
import { eventually } from '@touchpoint/testing';
import { masterKeyOf, Vault } from '@touchpoint/vault';
import { processEnv } from '../config.ts';
import { verifyReceipt } from '../operations/verify-receipt.ts';
import { applyJourneys } from '../journeys/apply.ts';
import { startSystem, type System } from '../system/index.ts';
import { allMigrations } from '../system/migrations.ts';
import { repositoryRoot } from '../system/places.ts';
import { finderOf } from './clear-forms.ts';
import { recordsOf, scan, type Placed, type Scanner } from './scan.fixture.ts';
import { PERSONAL_FIELDS, wholePerson } from './whole-person.fixture.ts';


const WORKERS = ['identity-resolver', 'profile-projector', 'channel-orchestrator', 'delivery-service'];
const SESSION = { SESSION_TIMEOUT_MS: '3000' };
const tag = randomUUID().slice(0, 8);
const [ada, ben, cyd] = ['ada', 'ben', 'cyd'].map((name) => wholePerson(`${name}${tag}`)) as [ReturnType<typeof wholePerson>, ReturnType<typeof wholePerson>, ReturnType<typeof wholePerson>];

let dir: string;
let database: FreshDatabase;
let system: System;
let kafka: Kafka;
let reader: MessageReader;
let scanner: Scanner;

const call = async <T>(app: string, path: string, { key = 'operate', method = 'GET', body }: { key?: 'write' | 'read' | 'operate'; method?: string; body?: object } = {}): Promise<T> => {
  const answer = await fetch(system.urlOf(app) + path, { method, headers: { authorization: `Bearer ${system.keys[key]}`, ...(body && { 'content-type': 'application/json' }) }, ...(body && { body: JSON.stringify(body) }) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${app} answers ${answer.status}: ${text.slice(0, 300)}`);
  return JSON.parse(text) as T;
};
const post = async (events: readonly object[]) => {
  const { rejected = [] } = await call<{ rejected?: readonly unknown[] }>('ingest-api', '/v1/batch', { key: 'write', method: 'POST', body: { batch: events } });
  expect(rejected).toEqual([]);
};
const customerOf = async (userId: string): Promise<string> => (await call<{ customerId: string }>('query-api', `/v1/customers/by/user/${userId}`, { key: 'read' })).customerId;
type Run = Readonly<{ id: string; state: string; outcome: { figures: Record<string, unknown> } | null; problem: unknown }>;
const ask = (customer: string, apply: boolean, id = randomUUID()): Promise<Run> => call<Run>('operations-api', '/v1/runs', { method: 'POST', body: { id, operation: 'erase', arguments: { customer }, apply, why: 'asked for by post' } });
const ended = (id: string): Promise<Run> => eventually(`the run ${id}`, async () => {
  const run = await call<Run>('operations-api', `/v1/runs/${id}`).catch(() => undefined);
  return run !== undefined && ['done', 'failed', 'stopped'].includes(run.state) && run;
});
const erase = async (customer: string, apply = true): Promise<Run> => {
  const run = await ended((await ask(customer, apply)).id);
  expect([run.state, run.problem]).toEqual(['done', null]);
  return run;
};
const snapshot = async (): Promise<void> => {
  const { id } = await call<Run>('operations-api', '/v1/runs', { method: 'POST', body: { operation: 'snapshot', arguments: {}, apply: true, why: 'nightly' } });
  expect(await ended(id)).toMatchObject({ state: 'done', problem: null });
};
const settled = () => system.untilIdle(180_000);
const rowsOf = async (on: Queryable, table: string, where = '') => (await query<{ row: string }>(on, `select t::text as row from ${table} t ${where} order by 1`)).map(({ row }) => row);
/** What names nobody, of a customer and its set. */
const aggregates = (ids: readonly string[]) => Promise.all(['profile.orders', 'profile.order_reversals', 'profile.app_usage', 'profile.engagement', 'profile.consent', 'profile.devices', 'profile.messages'].map((table) => rowsOf(database.pool, table, `where customer_id in (${ids.map((id) => `'${id}'`).join()})`)));
const setOf = async (id: string) => (await query<{ customer_id: string }>(database.pool, 'select customer_id from identity.customer where customer_id = $1 or survivor_id = $1 order by 1', [id])).map(({ customer_id }) => customer_id);
const sandbox = async (ids: readonly string[]) => (await Promise.all(ids.map((id) => call<{ messages: readonly unknown[] }>('delivery-service', `/v1/sandbox/messages?customerId=${id}`)))).flatMap(({ messages }) => messages);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'touchpoint-erased-'));
  database = await freshDatabase(processEnv['DATABASE_URL']);
  system = await startSystem({
    dir, env: processEnv, databaseUrl: database.url, topicPrefix: `${new URL(database.url).pathname.slice(1).replaceAll('_', '-')}.`, partitions: 4, replicas: Object.fromEntries(WORKERS.map((app) => [app, 2])),
    appEnv: { ...Object.fromEntries(WORKERS.map((app) => [app, SESSION])), 'operations-api': { SNAPSHOT_DIR: join(dir, 'snapshots') } }, restarts: { atMost: 1_000, firstDelayMs: 1, maxDelayMs: 1 },
  });
  await applyJourneys({ ...system.connections, topicPrefix: system.topicPrefix }, { by: 'spec', note: null, from: repositoryRoot });
  kafka = createKafka({ brokers: system.connections.kafkaBrokers, clientId: 'spec', log: silentLog });
  reader = createMessageReader(createRegistry(system.connections.schemaRegistryUrl));
  scanner = { kafka, prefix: system.topicPrefix, reader, pool: database.pool, dir, vault: () => Vault.open(database.pool, { current: masterKeyOf(Buffer.from(system.secrets.MASTER_KEY, 'base64')) }, { clock: systemClock }) };
  for (const { events } of [ada, ben, cyd]) for (const event of events.slice(0, -1)) await post([event]);
  // Only who is known is merged: an alias may come before what it names, which lies on another partition.
  await settled();
  for (const { events } of [ada, ben, cyd]) await post(events.slice(-1));
  // The same id with something else in it: parked, with all that is personal in it.
  await post([{ ...ada.events[0], properties: { email: ada.values[0] } }]);
  await settled();
});
afterAll(async () => {
  await system?.stop();
  await database?.drop();
  await rm(dir, { recursive: true, force: true });
});

describe('Erased is unreadable', () => {
  let customer: string;
  let members: readonly string[];
  let before: Awaited<ReturnType<typeof aggregates>>;

  it('begins with somebody who has said all that is personal anywhere, was written to, and has a record parked; and the scan finds all of it', async () => {
    customer = await customerOf(ada.userId);
    members = await setOf(customer);
    expect(members.length).toBeGreaterThan(1);
    await eventually('a message', async () => (await sandbox(members)).length > 0);
    expect(await query(database.pool, 'select from log.parked')).toHaveLength(1);
    before = await aggregates(members);
    const { clear, opened, fields, looked } = await scan(scanner, ada.values);
    expect(clear).toEqual([]);
    expect([...fields].filter((field) => PERSONAL_FIELDS.includes(field)).sort()).toEqual([...PERSONAL_FIELDS].sort());
    const places = new Set(opened.map((at) => at.split(':')[0]));
    for (const place of ['topic touchpoints.received', 'topic customers.timeline', 'log.parked.record', 'profile.profile_v1.personal', 'profile.profile_v1.sources', 'profile.contact_points_v1.address', 'orchestration.customer.state', 'delivery.sandbox_message.content'])
      expect(places).toContain(place);
    ada.values.forEach((_, n) => expect(opened).toContain(`topic customers.timeline: value ${n}`));
    expect(looked.files).toBeGreaterThan(8);
  });

  it('has a scan that sees what lies in clear, in a table and in a file', async () => {
    await query(database.pool, 'create table public.left_behind (note text, raw bytea)');
    await query(database.pool, 'insert into public.left_behind values ($1, null), (null, $2)', [Buffer.from(`x${ada.values[0]}`).toString('base64'), Buffer.from(`y${ada.values[1]}`)]);
    await appendFile(join(dir, 'logs', 'left-behind.log'), JSON.stringify({ msg: encodeURIComponent(ada.values.at(-1)!) }));
    const { clear } = await scan(scanner, ada.values);
    await query(database.pool, 'drop table public.left_behind');
    await rm(join(dir, 'logs', 'left-behind.log'));
    expect([...clear].sort()).toEqual(['file logs/left-behind.log: value ' + (ada.values.length - 1), 'public.left_behind.note: value 0', 'public.left_behind.raw: value 1'].sort());
  });

  it('says first what would be erased, and changes nothing', async () => {
    const { outcome } = await erase(customer, false);
    expect(outcome!.figures).toMatchObject({ customers: members.length, erasedBefore: false, parked: 1, 'states with an address': expect.any(Number), 'messages in the sandbox': 1 });
    expect(await query(database.pool, 'select from identity.customer where erased')).toEqual([]);
  });

  it('has rows that a replay put aside, sealed values among them', async () => {
    await query(database.pool, "update profile.profile_v1 set updated_at = now() where customer_id = $1", [customer]);
    const { id } = await call<Run>('operations-api', '/v1/runs', { method: 'POST', body: { operation: 'replay', arguments: { consumer: 'profile-projector', from: 'begin', customer }, apply: true, why: 'rows were wrong' } });
    expect(await ended(id)).toMatchObject({ state: 'done', outcome: { figures: { different: 1 } } });
    expect((await rowsOf(database.pool, 'operations.replaced_row', `where customer_id = '${customer}'`)).join()).toMatch(/AQAAAA/);
  });

  it('lies in a snapshot, too, where what the keys open is found', async () => {
    await snapshot();
    const { clear, opened } = await scan(scanner, ada.values);
    expect(clear).toEqual([]);
    expect(opened.some((at) => at.startsWith('file snapshots/'))).toBe(true);
  });

  it('leaves nothing of the person in any topic, table, snapshot or file, and no key that opens any of it', async () => {
    await erase(customer);
    await settled();
    await snapshot();
    const { clear, opened, looked } = await scan(scanner, ada.values);
    process.stderr.write(`  scanned: ${JSON.stringify(looked)}, ${ada.values.length} values\n`);
    expect([clear, opened]).toEqual([[], []]);
    for (const table of ['profile.profile', 'profile.contact_points']) expect((await rowsOf(database.pool, table, `where customer_id = '${customer}'`)).join()).not.toMatch(/AQAAAA|\\x01/);
    expect((await rowsOf(database.pool, 'orchestration.customer', `where customer_id = '${customer}'`)).join()).not.toMatch(/address/);
    expect(await sandbox(members)).toEqual([]);
    expect(await rowsOf(database.pool, 'operations.replaced_row')).toEqual([]);
  });

  it('leaves a receipt that anybody can check, and that names nobody', async () => {
    const [{ id }] = (await call<{ runs: readonly [Run] }>('operations-api', '/v1/runs?operation=erase&limit=1')).runs;
    const receipt = await call<{ document: Record<string, unknown> }>('operations-api', `/v1/receipts/${id}`);
    const { publicKey } = await call<{ publicKey: string }>('operations-api', '/v1/receipts/key');
    expect(verifyReceipt(JSON.stringify(receipt), publicKey)).toEqual(receipt);
    expect(receipt.document).toMatchObject({ id, customer, customers: members, why: 'asked for by post', erasedBefore: false, parked: 1, places: { 'rows of profile': members.length, 'messages in the sandbox': 1 } });
    expect(Number((receipt.document['places'] as Record<string, number>)['keys of sources'])).toBeGreaterThan(4);
    expect(() => verifyReceipt(JSON.stringify(receipt).replace('"parked":1', '"parked":0'))).toThrow('was changed');
  });

  it('exports as redacted, and everybody else in clear', async () => {
    const text = async (id: string) => (await fetch(`${system.urlOf('query-api')}/v1/customers/${id}/export`, { headers: { authorization: `Bearer ${system.keys.operate}` } })).text();
    // It had the keys in memory; it is not to be waited for.
    system.kill('query-api');
    await system.untilReady(180_000);
    const gone = JSON.parse(await text(customer)) as { erased: boolean; complete: boolean; timeline: readonly { type: string; problem: string | null; redacted: readonly string[] }[] };
    expect([gone.erased, gone.complete]).toEqual([true, true]);
    expect(finderOf(ada.values)(Buffer.from(JSON.stringify(gone)))).toEqual([]);
    expect(gone.timeline.filter(({ problem }) => problem !== null)).toEqual([]);
    // An alias is a TraitsSet too, one that says nothing.
    expect(gone.timeline.flatMap(({ type, redacted }) => (type === 'TraitsSet' ? redacted : []))).toEqual(expect.arrayContaining(['/data/email', '/data/phone', '/data/personal/0/value']));
    const there = await text(await customerOf(ben.userId));
    const found = new Set(finderOf(ben.values)(Buffer.from(there)));
    ben.values.forEach((_, n) => expect([n, found.has(n)]).toEqual([n, true]));
    expect(JSON.parse(there)).toMatchObject({ erased: false, complete: true });
  });

  it('leaves what names nobody as it was, and everybody else too', async () => {
    expect(await aggregates(members)).toEqual(before);
    const { opened } = await scan(scanner, ben.values);
    ben.values.forEach((_, n) => expect(opened).toContain(`topic customers.timeline: value ${n}`));
  });

  it('tells each timeline of the set once, and a second erasure tells nothing new', async () => {
    const facts = async () => (await recordsOf(scanner)).get(TOPICS.timeline)!.filter(({ headers }) => headers[TYPE]?.toString() === 'CustomerErased').map(({ key }) => key).sort();
    expect(await facts()).toEqual(members);
    const { outcome } = await erase(members.at(-1)!);
    expect(outcome!.figures).toMatchObject({ erasedBefore: true, 'keys of sources': 0, 'rows of profile': 0, 'rows of contact-points': 0, 'states with an address': 0, 'messages in the sandbox': 0 });
    expect(await facts()).toEqual(members);
  });

  it('redacts a late event at ingest, and counts it; nobody is written to', async () => {
    // Those that have a key in memory forget it in 60 s.
    system.kill('ingest-api');
    await system.untilReady(180_000);
    const late = `late.${tag}@example.org`;
    const commands = async () => Number((await query<{ n: string }>(database.pool, 'select count(*) as n from delivery.message where customer_id = any($1::uuid[])', [members]))[0]!.n);
    const sent = await commands();
    await post([
      { messageId: randomUUID(), type: 'identify', userId: ada.userId, traits: { email: late, firstName: `Late ${tag}` } },
      { messageId: randomUUID(), type: 'track', event: 'Order Completed', userId: ada.userId, properties: { order_id: 'o-late', currency: 'EUR', total: 9, email: late } },
    ]);
    await settled();
    expect(await rowsOf(database.pool, 'profile.orders', `where order_id = 'o-late' and customer_id = '${customer}'`)).toHaveLength(1);
    const { clear, opened } = await scan(scanner, [late, `Late ${tag}`, ...ada.values]);
    expect([clear, opened, await commands()]).toEqual([[], [], sent]);
    const [orders] = (await recordsOf(scanner)).get(TOPICS.timeline)!.filter(({ headers, key }) => key === customer && headers[TYPE]?.toString() === 'OrderCompleted').slice(-1);
    await reader.prepare([orders!.value]);
    expect((reader.read('OrderCompleted', orders!.value).data as { personal: unknown }).personal).toBeNull();
  });

  it('ends the same while every worker, and whoever asks, is killed: told once, nothing left', async () => {
    const whom = await customerOf(cyd.userId);
    const { id } = await ask(whom, true);
    for (const name of ['operations-api', ...WORKERS, ...WORKERS.map((app) => `${app}-2`), 'operations-api', ...WORKERS]) {
      system.kill(name);
      await call('operations-api', `/v1/runs/${id}`).catch(() => undefined);
    }
    await system.untilReady(180_000);
    expect((await ended(id)).state).toBe('done');
    await settled();
    const { clear, opened } = await scan(scanner, cyd.values);
    expect([clear, opened]).toEqual([[], []]);
    const records = (await recordsOf(scanner)).get(TOPICS.timeline)!;
    expect(told(records).filter(({ headers }) => headers[TYPE]?.toString() === 'CustomerErased').map(({ key }) => key).sort()).toEqual([...members, ...await setOf(whom)].sort());
  });

  it('stays so in a rebuild: the log folds from its beginning to the live rows (Replay equals live)', async () => {
    const again = await freshDatabase(processEnv['DATABASE_URL']);
    try {
      await migrate(again.url, (await allMigrations()).filter(({ id }) => id.startsWith('profile.')));
      const tables = projections.map((projection) => projectionTable(projection));
      const subscribed = subscribedTypes(projections);
      const rows = new MergedRows(foldingInto(tables));
      for (const record of told((await recordsOf(scanner)).get(TOPICS.timeline)!)) {
        if (record.key === CONTROL_KEY) continue;
        await reader.prepare([record.value]);
        const { type, recorded } = readTimelineRecord(record, record.partition);
        rows.add({ recorded, type, event: subscribed.has(type) ? reader.read(type, record.value) : undefined });
      }
      await transaction(again.pool, (client) => rows.save(client));
      for (const { projection: { name } } of tables) {
        const table = `profile."${name.replaceAll('-', '_')}"`;
        expect([name, await rowsOf(database.pool, table)]).toEqual([name, await rowsOf(again.pool, table)]);
      }
    } finally {
      await again.drop();
    }
  });
});

/** As its readers take a timeline: what was sent again is dropped. */
const told = (records: readonly Placed[]): readonly Placed[] => [...new Set(records.map(({ partition }) => partition))].flatMap((partition) => dropRepeats(new Map(), records.filter((one) => one.partition === partition)).taken as readonly Placed[]);
