import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeMeta, type DataOf, type Draft, type MessageName } from '@touchpoint/contracts';
import { createApp, silentLog, type HostedApp } from '@touchpoint/host';
import { freshDatabase } from '@touchpoint/host/testing';
import { parseDecimal, partitionOf, type CustomerId, type Decimal, type Meta } from '@touchpoint/kernel';
import { closeLog, createMessageReader, createMessageWriter, createRegistry, createSequencer, encodeOrigin, META, ORIGIN, readTimelineRecord, TOPICS, TYPE, workerStrategy, type MessageWriter, type OutRecord } from '@touchpoint/log';
import { projections } from '@touchpoint/profile';
import { dropParked, foldingInto, listDropped, listParked, MergedRows, migrate, migrations as logMigrations, POOL, projectionTable, requestRetry, subscribedTypes, transaction, type Queryable } from '@touchpoint/store';
import { createTestSystem, eventually, type TestSystem } from '@touchpoint/testing';
import { AppModule } from './app.module.ts';
import { config } from './config.ts';
import { migrations } from './profile.migrations.ts';
import { subscriptions } from './subscriptions.ts';

let system: TestSystem;
let writer: MessageWriter;
const apps: HostedApp[] = [];
let fatal = (reason: unknown): void => { throw reason; };
const AT = Date.parse('2026-01-01T00:00:00Z');
const tables = projections.map((projection) => projectionTable(projection));
const sequencer = createSequencer(new Map());

const startOne = async () => {
  const hosted = await createApp({
    name: 'profile-projector', module: AppModule, config, env: system.env, log: silentLog,
    strategies: (app) => [workerStrategy(app, subscriptions, { sessionTimeoutMs: 6_000 })],
    onStop: async (app) => { await closeLog(app); await app.get(POOL).end(); },
  }, (reason) => fatal(reason));
  await hosted.start();
  apps.push(hosted);
};

const customer = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}` as CustomerId;
const fact = <N extends MessageName>(n: number, id: string, type: N, data: Draft<DataOf<N>>, at = AT): OutRecord => {
  const key = customer(n);
  const partition = partitionOf(key, system.partitions);
  const meta: Meta = { messageId: id, publisher: 'shop', occurredAt: at, receivedAt: at, historical: false, sources: [], link: 'none', digest: '0'.repeat(32), correlationId: null, causationId: null };
  const topic = system.prefix + TOPICS.timeline;
  return { topic, partition, key, value: writer.write(type, data), headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from(type), [ORIGIN]: encodeOrigin('spec.1/x/0/1', sequencer.next(topic, partition)) } };
};
const order = (n: number, id: string, amount: string) => fact(n, `m-${id}`, 'OrderCompleted', { orderId: id, currency: 'GBP', place: 'web', lines: [], total: parseDecimal(amount)! as Decimal });
const rowsOf = async (table: string) => (await system.pool.query(`select * from profile.${table} order by 1, 2, 3`)).rows as Record<string, unknown>[];
const events = async () => Number((await system.pool.query('select coalesce(sum(events), 0) as n from profile.activity_v1')).rows[0].n);

beforeAll(async () => {
  system = await createTestSystem({ migrations: [...logMigrations, ...migrations] });
  writer = await createMessageWriter(createRegistry(system.env['SCHEMA_REGISTRY_URL']!), system.prefix, TOPICS.timeline);
  await startOne();
  await startOne();
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  await system.end();
});

describe('two projectors', () => {
  it('fold every event once, whatever is sent twice', async () => {
    const sent = Array.from({ length: 300 }, (_, i) => order(i % 40, `o${i}`, `${i}.25`));
    await system.appender.append(sent);
    await system.appender.append(sent);
    await eventually('300 events', async () => (await events()) === 300);
    const rows = await rowsOf('orders_v1');
    expect(rows).toHaveLength(300);
    expect(rows.find(({ order_id }) => order_id === 'o7')).toMatchObject({ gross: '7.25', currency: 'GBP', place: 'web', lines: 0 });
  });

  it('hold the rows that the log folds to when it is read again (Replay equals live)', async () => {
    const reader = createMessageReader(createRegistry(system.env['SCHEMA_REGISTRY_URL']!));
    const subscribed = subscribedTypes(projections);
    const folded = new MergedRows(foldingInto(tables));
    const seen = new Set<string>();
    for (const record of await system.readAll(TOPICS.timeline)) {
      const origin = `${record.partition}/${record.headers[ORIGIN]!.toString('hex')}`;
      if (seen.has(origin)) continue;
      seen.add(origin);
      await reader.prepare([record.value]);
      const { type, recorded } = readTimelineRecord(record, record.partition);
      folded.add({ recorded, type, event: subscribed.has(type) ? reader.read(type, record.value) : undefined });
    }
    const again = await freshDatabase(process.env['DATABASE_URL']);
    try {
      await migrate(again.url, [...logMigrations, ...migrations]);
      await transaction(again.pool, (client) => folded.save(client));
      for (const { projection: { name } } of tables) {
        const rows = async (pool: Queryable) => (await pool.query(`select t::text as row from profile."${name.replaceAll('-', '_')}" t order by 1`)).rows;
        expect(await rows(system.pool)).toEqual(await rows(again.pool));
      }
    } finally {
      await again.drop();
    }
  });

  it('park a poison event with its customer\'s later ones, and let the others go on (One bad customer stops no other)', async () => {
    const before = await events();
    const poison = { ...order(7, 'poison', '1'), value: Buffer.from([0, 0, 0, 0, 1, 255]) };
    await system.appender.append([poison, order(7, 'later', '2'), order(8, 'other', '3')]);
    await eventually('the other customer', async () => (await rowsOf('orders_v1')).some(({ order_id }) => order_id === 'other'));
    const parked = await eventually('both', async () => { const all = await listParked(system.pool); return all.length === 2 && all; });
    expect(parked.map(({ key }) => key)).toEqual([customer(7), customer(7)]);
    expect(parked[1]!.code).toBe('PARKED.BEHIND');
    // What a new release would do: the poison can be read now.
    await system.pool.query('update log.parked set record = (select record from log.parked where id = $2) where id = $1', [parked[0]!.id, parked[1]!.id]);
    await requestRetry(system.pool, { consumer: 'profile-projector', key: customer(7) });
    await eventually('nothing parked', async () => (await listParked(system.pool)).length === 0);
    expect(await events()).toBe(before + 3);
  });

  it('go on behind a dropped event with what lay behind it, and with what comes later', async () => {
    const before = await events();
    await system.appender.append([{ ...order(11, 'dropped', '1'), value: Buffer.from([0, 0, 0, 0, 1, 255]) }, order(11, 'behind', '2')]);
    await system.appender.append([{ ...order(12, 'dropped alone', '1'), value: Buffer.from([0, 0, 0, 0, 1, 255]) }]);
    const parked = await eventually('all three', async () => { const all = await listParked(system.pool); return all.length === 3 && all; });
    const failed = parked.filter(({ code }) => code !== 'PARKED.BEHIND');
    await transaction(system.pool, (client) => dropParked(client, failed.map(({ id }) => id), '00000000-0000-4000-8000-000000000001'));
    await eventually('nothing parked', async () => (await listParked(system.pool)).length === 0);
    await system.appender.append([order(11, 'after', '4'), order(12, 'after too', '8')]);
    await eventually('all three that can be folded', async () => (await events()) === before + 3);
    expect((await listDropped(system.pool, { consumer: 'profile-projector' }, 10)).map(({ key }) => key).sort()).toEqual([customer(11), customer(12)]);
  });

  it('park what no column takes, pass by what strangers wrote, and go on (One bad customer stops no other)', async () => {
    const before = await events();
    // As many events as its column holds: one more is refused by Postgres alone, with all that comes with it.
    await system.appender.append([order(22, 'counted', '1')]);
    await eventually('one event more', async () => (await events()) === before + 1);
    await system.pool.query('update profile.activity_v1 set events = 2147483647 where customer_id = $1', [customer(22)]);
    // Made in the order in which they are sent: each takes the next number of its partition.
    const own = order(20, 'own', '1');
    const bare = { [META]: own.headers[META]!, [TYPE]: own.headers[TYPE]! };
    const elsewhere = (own.partition + 1) % system.partitions;
    const stray = { ...own, partition: elsewhere, headers: { ...bare, [ORIGIN]: encodeOrigin('spec.1/x/0/1', sequencer.next(own.topic, elsewhere)) } };
    const ofNobody = { ...order(21, 'nobody', '1'), key: 'nobody\0'.repeat(100) };
    const strangers = [{ ...own, headers: bare }, { ...own, headers: { ...bare, [ORIGIN]: Buffer.from('\0'.repeat(8) + 'a stranger') } }];
    const others = (from: number) => Array.from({ length: 15 }, (_, i) => order(30 + from + i, `other-${from + i}`, '1'));
    await system.appender.append([...strangers, own, stray, ofNobody, fact(23, 'm-far', 'OrderCompleted', { orderId: 'far', currency: 'GBP', place: 'web', lines: [], total: 1n as Decimal }, -(2 ** 51)), order(23, 'behind', '1'), ...others(0), order(22, 'one-more', '1'), ...others(15)]);
    await eventually('the others', async () => (await rowsOf('orders_v1')).filter(({ order_id }) => String(order_id).startsWith('other-')).length === 30);
    const parked = await eventually('five', async () => { const all = await listParked(system.pool); return all.length === 5 && all; });
    expect(parked.map(({ key, code }) => [key.slice(0, 36), code]).toSorted()).toEqual([[customer(20), 'LOG.WRONG_PARTITION'], [customer(22), 'STORE.REFUSED'], [customer(23), 'PARKED.BEHIND'], [customer(23), 'STORE.UNFIT'], ['nobody\uFFFD'.repeat(100).slice(0, 36), 'LOG.NO_CUSTOMER']].toSorted());
    expect((await rowsOf('orders_v1')).filter(({ order_id }) => order_id === 'own')).toHaveLength(1);
    await system.pool.query('update profile.activity_v1 set events = 1 where customer_id = $1', [customer(22)]);
    await requestRetry(system.pool, { consumer: 'profile-projector', key: customer(22) });
    await requestRetry(system.pool, { consumer: 'profile-projector', key: customer(23) });
    await eventually('the retry', async () => (await rowsOf('orders_v1')).some(({ order_id }) => order_id === 'one-more'));
    expect((await listParked(system.pool)).filter(({ key }) => key === customer(23)).map(({ code }) => code)).toEqual(['STORE.UNFIT', 'PARKED.BEHIND']);
    await system.pool.query('delete from log.parked');
  });

  it('stop, and keep nothing, when more than single customers cannot be folded', async () => {
    const reasons: unknown[] = [];
    const before = await events();
    const at = async () => (await system.pool.query("select sum(next_offset) as sum from log.checkpoint where consumer = 'profile-projector'")).rows[0].sum as string;
    const stood = await at();
    fatal = (reason) => reasons.push(reason);
    const key = customer(9_000);
    const same = Array.from({ length: 400 }, (_, i) => i + 9_000).filter((n) => partitionOf(customer(n), system.partitions) === partitionOf(key, system.partitions)).slice(0, 20);
    await system.appender.append(same.map((n) => ({ ...order(n, `bad-${n}`, '1'), value: Buffer.from([0, 0, 0, 0, 1, 255]) })));
    await eventually('the stop', () => reasons.length > 0);
    expect(reasons[0]).toMatchObject({ kind: 'Halt', code: 'PARKED.BAD_RELEASE' });
    expect([await at(), await events(), (await listParked(system.pool)).length]).toEqual([stood, before, 0]);
  });
});
