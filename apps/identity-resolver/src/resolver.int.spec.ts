import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createApp, silentLog, type HostedApp } from '@touchpoint/host';
import { decodeMeta, encodeMeta } from '@touchpoint/contracts';
import { partitionOf, type CustomerId, type Link, type Meta, type SourceKey, type SourceKind } from '@touchpoint/kernel';
import { closeLog, createMessageWriter, createRegistry, decodeOrigin, META, ORIGIN, TOPICS, TYPE, workerStrategy, type MessageWriter, type OutRecord } from '@touchpoint/log';
import { dropParked, listParked, migrations as logMigrations, POOL, requestRetry, transaction } from '@touchpoint/store';
import { customerSourceKey } from '@touchpoint/identity';
import { createTestSystem, eventually, type TestSystem } from '@touchpoint/testing';
import { AppModule } from './app.module.ts';
import { config } from './config.ts';
import { migrations } from './identity.migrations.ts';
import { subscriptions } from './subscriptions.ts';

let system: TestSystem;
let writer: MessageWriter;
let apps: HostedApp[] = [];
const AT = Date.parse('2026-01-01T00:00:00Z');

const startOne = async () => {
  const hosted = await createApp({
    name: 'identity-resolver', module: AppModule, config, env: system.env, log: silentLog,
    strategies: (app) => [workerStrategy(app, subscriptions, { sessionTimeoutMs: 6_000 })],
    onStop: async (app) => { await closeLog(app); await app.get(POOL).end(); },
  });
  await hosted.start();
  apps.push(hosted);
  return hosted;
};

const source = (kind: SourceKind, n: number) => ({ kind, key: n.toString(16).padStart(32, '0') as SourceKey, label: null });
type Event = { id: string; sources: Meta['sources']; link?: Link; digest?: string; at?: number };
const received = ({ id, sources, link = 'none', digest = '1'.repeat(32), at = AT }: Event): OutRecord => {
  const meta: Meta = { messageId: id, publisher: 'shop', occurredAt: at, receivedAt: at, historical: false, sources, link, digest, correlationId: null, causationId: null };
  const key = sources[0]!.key;
  return { topic: system.prefix + TOPICS.received, partition: partitionOf(key, system.partitions), key, value: writer.write('Tracked', { name: id }), headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from('Tracked') } };
};
/** As its readers take it: what was sent again after a lost acknowledgement is dropped by its origin and seq. */
const timeline = async () => [...new Map((await system.readAll(TOPICS.timeline)).map((record) => [`${record.partition}/${record.headers[ORIGIN]!.toString('hex')}`, record])).values()].map((record) => ({ ...record, type: record.headers[TYPE]!.toString(), meta: decodeMeta(record.headers[META]!), origin: decodeOrigin(record.headers[ORIGIN])! }));
const tracked = async () => (await timeline()).filter(({ type }) => type === 'Tracked');

beforeAll(async () => {
  system = await createTestSystem({ migrations: [...logMigrations, ...migrations] });
  writer = await createMessageWriter(createRegistry(system.env['SCHEMA_REGISTRY_URL']!), system.prefix, TOPICS.received);
  await startOne();
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  await system.end();
});

describe('One order per customer: what was received', () => {
  it('reaches one timeline per customer, each event once, whatever is sent again', async () => {
    const events = Array.from({ length: 200 }, (_, i) => received({ id: `a${i}`, sources: [source('user', i % 10)] }));
    await system.appender.append([...events, ...events.slice(0, 50)]);
    await system.appender.append(events);
    const found = await eventually('200 events', async () => { const all = await tracked(); return all.length >= 200 && all; });
    expect(found).toHaveLength(200);
    expect(new Set(found.map(({ key }) => key)).size).toBe(10);
    for (const { key, partition } of found) expect(partition).toBe(partitionOf(key, system.partitions));
  });

  it('numbers what it sends without a hole, per origin and target partition', async () => {
    const next = new Map<string, number>();
    for (const { origin, partition } of await timeline()) {
      const target = `${origin.name}>${partition}`;
      expect(origin.seq).toBe((next.get(target) ?? 0) + 1);
      next.set(target, origin.seq);
    }
  });

  it('links by identify: the anonymous visitor and the user are one customer from then on', async () => {
    const [user, visitor] = [source('user', 1001), source('anonymous', 1002)];
    await system.appender.append([received({ id: 'b1', sources: [visitor] })]);
    await eventually('the visitor', async () => (await tracked()).some(({ meta }) => meta.messageId === 'b1'));
    await system.appender.append([received({ id: 'b2', sources: [user, visitor], link: 'identify', at: AT + 1 })]);
    await eventually('the link', async () => (await tracked()).some(({ meta }) => meta.messageId === 'b2'));
    await system.appender.append([received({ id: 'b3', sources: [user], at: AT + 2 }), received({ id: 'b4', sources: [visitor], at: AT + 2 })]);
    const four = await eventually('all four', async () => { const all = (await tracked()).filter(({ meta }) => /^b/.test(meta.messageId)); return all.length === 4 && all; });
    expect(new Set(four.map(({ key }) => key)).size).toBe(1);
    const facts = (await timeline()).filter(({ type, key }) => type === 'IdentitiesLinked' && key === four[0]!.key);
    expect(facts.length).toBe(2);
  });

  it('parks a second event that took the same id, and goes on', async () => {
    const sources = [source('user', 2001)];
    await system.appender.append([received({ id: 'c1', sources }), received({ id: 'c1', sources, digest: '2'.repeat(32) }), received({ id: 'c2', sources })]);
    await eventually('c2', async () => (await tracked()).some(({ meta }) => meta.messageId === 'c2'));
    expect((await listParked(system.pool)).filter(({ code }) => code === 'IDENTITY.CONFLICT')).toHaveLength(1);
  });

  it('parks what it cannot read with the later ones of that source, and redrives them in order', async () => {
    const sources = [source('user', 3001)];
    const bad = { ...received({ id: 'd0', sources }), headers: { [TYPE]: Buffer.from('Tracked'), [META]: Buffer.from([9, 9]) } };
    await system.appender.append([bad, received({ id: 'd1', sources }), received({ id: 'd2', sources })]);
    await eventually('three parked', async () => (await listParked(system.pool)).filter(({ key }) => key === sources[0]!.key).length === 3);
    await requestRetry(system.pool, { consumer: 'identity-resolver', key: sources[0]!.key });
    await eventually('its failing again', async () => (await listParked(system.pool, { key: sources[0]!.key })).every(({ state }) => state === 'parked'));
    expect((await listParked(system.pool, { key: sources[0]!.key })).map(({ code }) => code)).toEqual(['CONTRACTS.UNKNOWN_META', 'PARKED.BEHIND', 'PARKED.BEHIND']);
    const [poison] = await listParked(system.pool, { key: sources[0]!.key, code: 'CONTRACTS.UNKNOWN_META' });
    await transaction(system.pool, (client) => dropParked(client, [poison!.id], '00000000-0000-4000-8000-000000000001'));
    const redriven = await eventually('both', async () => { const all = (await tracked()).filter(({ meta }) => /^d/.test(meta.messageId)); return all.length === 2 && all; });
    expect(redriven.map(({ meta }) => meta.messageId)).toEqual(['d1', 'd2']);
    expect((await listParked(system.pool)).filter(({ key }) => key === sources[0]!.key)).toHaveLength(0);
  });

  it('merges what an operator links, and takes it apart again, each once; what cannot be split is not', async () => {
    const [a, b] = [source('user', 7001), source('user', 7002)];
    await system.appender.append([received({ id: 'f1', sources: [a] }), received({ id: 'f2', sources: [b], at: AT + 1 })]);
    const of = async (id: string) => (await tracked()).find(({ meta }) => meta.messageId === id)?.key as CustomerId | undefined;
    const [elder, younger] = [await eventually('one', () => of('f1')), await eventually('the other', () => of('f2'))];
    const act = (type: 'LinkRequested' | 'SplitRequested', id: string, of: readonly CustomerId[], part: CustomerId = elder, value?: Buffer): OutRecord => {
      const sources = of.map((customerId) => ({ kind: 'customer' as const, key: customerSourceKey(customerId), label: null }));
      const base = received({ id, sources, link: type === 'LinkRequested' ? 'alias' : 'none', at: AT + 2 });
      return { ...base, value: value ?? writer.write(type, { requestedBy: 'ada', ...(type === 'SplitRequested' && { customerId: part }) } as never), headers: { ...base.headers, [TYPE]: Buffer.from(type) } };
    };
    const facts = async () => (await timeline()).filter(({ key, type }) => [elder, younger].includes(key as CustomerId) && type !== 'Tracked' && type !== 'IdentitiesLinked').map(({ key, type }) => `${type} of ${key === elder ? 'the elder' : 'the younger'}`).sort();
    await system.appender.append([act('LinkRequested', 'f3', [younger, elder]), act('LinkRequested', 'f3', [younger, elder])]);
    await eventually('the merge', async () => (await facts()).length === 3);
    expect(await facts()).toEqual(['CustomerAbsorbed of the younger', 'CustomerMerged of the elder', 'LinkRequested of the elder']);
    // Between events of the same partition, twice, of somebody who is not a part, and unreadable.
    const stranger = source('user', 7003);
    await system.appender.append([
      received({ id: 'f4', sources: [b], at: AT + 3 }), act('SplitRequested', 'f5', [younger]), act('SplitRequested', 'f5', [younger]), act('SplitRequested', 'f6', [younger]), act('SplitRequested', 'f7', [elder], younger),
      act('SplitRequested', 'f8', [younger], elder, Buffer.from([0, 0, 0, 0, 1, 255])), received({ id: 'f9', sources: [stranger] }),
    ]);
    await eventually('both sides of the split', async () => (await facts()).length >= 8);
    expect(await facts()).toEqual([
      'CustomerAbsorbed of the younger', 'CustomerMerged of the elder', 'CustomerSplit of the elder', 'CustomerSplit of the younger', 'LinkRequested of the elder', 'SplitRequested of the elder', 'SplitRequested of the younger', 'SplitRequested of the younger',
    ]);
    expect((await listParked(system.pool, { key: customerSourceKey(younger) })).map(({ code }) => code)).toEqual([expect.stringMatching(/^(CONTRACTS|LOG)\./)]);
    await system.appender.append([received({ id: 'f10', sources: [b], at: AT + 4 })]);
    expect(await eventually('what comes behind', () => of('f10'))).toBe(younger);
  });

  it('goes on with two processes, and when one of them leaves', async () => {
    const second = await startOne();
    const events = Array.from({ length: 300 }, (_, i) => received({ id: `e${i}`, sources: [source('user', 5000 + (i % 30))] }));
    await system.appender.append(events.slice(0, 150));
    await second.stop();
    apps = apps.filter((app) => app !== second);
    await system.appender.append(events);
    const found = await eventually('300 events', async () => { const all = (await tracked()).filter(({ meta }) => /^e/.test(meta.messageId)); return all.length >= 300 && all; });
    expect(found).toHaveLength(300);
    await eventually('nothing to send', async () => (await system.pool.query('select from log.pending')).rowCount === 0);
  });

  it('tells up to when everything is resolved', async () => {
    const before = Date.now();
    await eventually('the clock of the log', async () => {
      const { rows } = await system.pool.query<{ to: string; n: string }>('select min(resolved_to) as to, count(*) as n from log.checkpoint');
      return Number(rows[0]!.n) === system.partitions && Number(rows[0]!.to) >= before;
    });
  });
});
