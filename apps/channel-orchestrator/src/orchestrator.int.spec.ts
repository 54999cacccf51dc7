import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeMeta, type DataOf, type Draft, type MessageName } from '@touchpoint/contracts';
import { createApp, silentLog, type HostedApp } from '@touchpoint/host';
import { DAY, partitionOf, type CustomerId, type Meta, type Sealed, type SourceKey } from '@touchpoint/kernel';
import { closeLog, createMessageReader, createMessageWriter, createRegistry, createSequencer, encodeOrigin, META, ORIGIN, repositoryFile, TOPICS, TYPE, workerStrategy, type MessageReader, type MessageWriter, type OutRecord } from '@touchpoint/log';
import { publicationAs, publicationChecker } from '@touchpoint/orchestration';
import { listParked, migrations as logMigrations, POOL, publishControl, requestRetry } from '@touchpoint/store';
import { createTestSystem, eventually, type TestSystem } from '@touchpoint/testing';
import { AppModule } from './app.module.ts';
import { config } from './config.ts';
import { migrations } from './orchestration.migrations.ts';
import { subscriptions } from './subscriptions.ts';

let system: TestSystem;
let writer: MessageWriter;
let reader: MessageReader;
let apps: HostedApp[] = [];
const AT = Date.parse('2026-01-01T00:00:00Z');
const POISON = Buffer.from([0, 0, 0, 0, 1, 255]);
const sequencer = createSequencer(new Map());

const startOne = async () => {
  const hosted = await createApp({
    name: 'channel-orchestrator', module: AppModule, config, env: system.env, log: silentLog,
    strategies: (app) => [workerStrategy(app, subscriptions, { sessionTimeoutMs: 6_000 })],
    onStop: async (app) => { await closeLog(app); await app.get(POOL).end(); },
  });
  await hosted.start();
  apps.push(hosted);
  return hosted;
};

const customer = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}` as CustomerId;
const contact = (n: number) => n.toString(16).padStart(32, 'e') as SourceKey;
/** Numbered as it is made: to be appended in that order. */
const event = <N extends MessageName>(n: number, id: string, type: N, data: Draft<DataOf<N>>, { at = AT, historical = false } = {}): OutRecord => {
  const key = customer(n);
  const topic = system.prefix + TOPICS.timeline;
  const partition = partitionOf(key, system.partitions);
  const meta: Meta = { messageId: id, publisher: 'shop', occurredAt: at, receivedAt: historical ? AT : at, historical, sources: [], link: 'none', digest: '0'.repeat(32), correlationId: 'thread-1', causationId: null };
  return { topic, partition, key, value: writer.write(type, data), headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from(type), [ORIGIN]: encodeOrigin('spec.1/x/0/1', sequencer.next(topic, partition)) } };
};
const email = (n: number) => event(n, `email-${n}`, 'TraitsSet', { email: Buffer.from('sealed') as unknown as Sealed, emailKey: contact(n), personal: [], removed: [] });
const order = (n: number, id: string, options?: { at?: number; historical?: boolean }) => event(n, id, 'OrderCompleted', { orderId: id, currency: 'EUR', place: 'app', lines: [] }, options);
const optIn = (n: number, channel: 'email' | 'push') => event(n, `opt-in-${n}-${channel}`, 'ConsentChanged', { channel, purpose: 'marketing', granted: true });

const read = async (topic: string) => {
  // As readers take it: what was sent again after a lost acknowledgement is dropped by its origin and seq.
  const records = [...new Map((await system.readAll(topic)).map((record) => [`${record.partition}/${record.headers[ORIGIN]!.toString('hex')}`, record])).values()];
  await reader.prepare(records.map(({ value }) => value));
  return records.flatMap(({ key, headers, value }) => (value.equals(POISON) ? [] : [{ key, ...(reader.read(headers[TYPE]!.toString(), value) as { type: string; data: Record<string, unknown> }) }]));
};
const facts = async (n: number, type: string) => (await read(TOPICS.timeline)).filter((one) => one.key === customer(n) && one.type === type).map(({ data }) => data);
const commands = async () => [...(await read(TOPICS.urgentCommands)), ...(await read(TOPICS.commands))].map(({ data }) => data);
/** Says, as identity-resolver would, that everything up to an instant has been resolved. */
const resolvedUpTo = (at: number) =>
  system.pool.query(`insert into log.checkpoint (consumer, topic, partition, resolved_to) select 'identity-resolver', '${TOPICS.received}', p, $1 from generate_series(0, $2 - 1) p
    on conflict (consumer, topic, partition) do update set resolved_to = excluded.resolved_to`, [at, system.partitions]);

const root = dirname(repositoryFile('nx.json'));
const filesUnder = (folder: string) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name)).map((path) => [relative(root, path), readFileSync(path, 'utf8')] as const);

beforeAll(async () => {
  system = await createTestSystem({ migrations: [...logMigrations, ...migrations] });
  const registry = createRegistry(system.env['SCHEMA_REGISTRY_URL']!);
  writer = await createMessageWriter(registry, system.prefix, TOPICS.timeline);
  reader = createMessageReader(registry);
  const checked = publicationChecker()(Object.fromEntries([...filesUnder('journeys'), ...filesUnder('templates')]));
  if (!('publication' in checked)) throw new Error(JSON.stringify(checked.issues));
  const timeline = { topic: system.prefix + TOPICS.timeline, partitions: system.partitions };
  const publish = () => publishControl({ pool: system.pool, appender: system.appender, writer, timeline }, () => Promise.resolve({
    type: 'JourneysPublished', by: 'spec', at: AT, data: { ...publicationAs(1, checked.publication, undefined), publishedBy: 'spec', publishedAt: AT },
  }));
  await publish();
  await startOne();
});
afterAll(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  await system.end();
});

describe('an order', () => {
  it('is confirmed at once, and the decision explains itself', async () => {
    await system.appender.append([email(1), order(1, 'o1')]);
    const [command] = await eventually('the command', async () => { const all = await commands(); return all.length > 0 && all; });
    expect(command).toMatchObject({ customerId: customer(1), journeyId: 'order-confirmation', channel: 'email', messageClass: 'transactional', contactPoint: contact(1), setNumber: 1 });
    const [decided] = await facts(1, 'MessageDecided');
    expect(decided).toMatchObject({ commandId: command!['commandId'], verdict: 'send', journeyId: 'order-confirmation', setNumber: 1 });
    expect(JSON.parse(String(decided!['why']))).toHaveProperty('consent');
  });

  it('that is sent twice is confirmed once', async () => {
    const twice = [email(2), order(2, 'o2')];
    await system.appender.append([...twice, ...twice]);
    await system.appender.append([email(3), order(3, 'o3')]);
    await eventually('the later one', async () => (await commands()).some(({ customerId }) => customerId === customer(3)));
    expect((await commands()).filter(({ customerId }) => customerId === customer(2))).toHaveLength(1);
  });

  it('of somebody without an address is held, with the reason', async () => {
    await system.appender.append([order(4, 'o4')]);
    const [decided] = await eventually('the decision', async () => { const all = await facts(4, 'MessageDecided'); return all.length > 0 && all; });
    expect(decided).toMatchObject({ verdict: 'hold', reason: 'no contact point' });
  });

  it('of the past is not confirmed', async () => {
    await system.appender.append([email(5), order(5, 'o5', { historical: true, at: AT - 200 * DAY }), order(5, 'o5b')]);
    await eventually('the new one', async () => (await facts(5, 'MessageDecided')).length > 0);
    const ours = (await commands()).filter(({ customerId }) => customerId === customer(5));
    expect(ours.map(({ variables }) => (JSON.parse(String(variables)) as { orderId: string }).orderId)).toEqual(['o5b']);
  });
});

describe('time', () => {
  it('passes by the log\'s clock: 90 days without an order, an e-mail; not opened in 3 days, a push', async () => {
    const token = () => event(6, 'device-6', 'DeviceRegistered', { deviceKey: contact(66), platform: 'ios', token: Buffer.from('sealed token') as unknown as Sealed, tokenKey: contact(67) });
    await system.appender.append([email(6), optIn(6, 'email'), optIn(6, 'push'), token(), order(6, 'o6')]);
    const sent = async () => (await commands()).filter(({ customerId, journeyId }) => customerId === customer(6) && journeyId === 'reactivation').map(({ channel }) => channel);
    await eventually('the wait', async () => (await system.pool.query('select from orchestration.timer where customer_id = $1', [customer(6)])).rowCount === 1);
    await resolvedUpTo(AT + 89 * DAY);
    await system.appender.append([order(7, 'o7')]);
    await eventually('the order of another', async () => (await facts(7, 'MessageDecided')).length > 0);
    expect(await sent()).toEqual([]);
    await resolvedUpTo(AT + 90 * DAY + 1);
    await eventually('the e-mail', async () => (await sent()).includes('email'));
    await resolvedUpTo(AT + 94 * DAY);
    await eventually('the push', async () => (await sent()).includes('push'));
    expect(await sent()).toEqual(['email', 'push']);
    const [, push] = (await commands()).filter(({ customerId, journeyId }) => customerId === customer(6) && journeyId === 'reactivation');
    expect(push).toMatchObject({ link: 'shopapp://screens/new', contactPoint: contact(67) });
  });
});

describe('a second process', () => {
  it('takes its share, and what was decided stays decided once when it leaves again', async () => {
    const before = (await commands()).length;
    const second = await startOne();
    const people = Array.from({ length: 60 }, (_, i) => 1_000 + i);
    await system.appender.append(people.slice(0, 30).flatMap((n) => [email(n), order(n, `o${n}`)]));
    await second.stop();
    apps = apps.filter((app) => app !== second);
    await system.appender.append(people.slice(30).flatMap((n) => [email(n), order(n, `o${n}`)]));
    await eventually('60 confirmations', async () => (await commands()).length >= before + 60);
    expect((await commands()).length).toBe(before + 60);
    await eventually('nothing to send', async () => (await system.pool.query("select from log.pending where consumer = 'channel-orchestrator'")).rowCount === 0);
  });
});

describe('One bad customer stops no other: a poison event', () => {
  it('parks its customer, whose later events are decided on after a retry', async () => {
    const poison = { ...email(8), value: POISON };
    await system.appender.append([poison, order(8, 'o8'), email(9), order(9, 'o9')]);
    await eventually('the other customer', async () => (await facts(9, 'MessageDecided')).length > 0);
    const parked = await eventually('both', async () => { const all = await listParked(system.pool, { consumer: 'channel-orchestrator' }); return all.length === 2 && all; });
    expect(parked.map(({ key }) => key)).toEqual([customer(8), customer(8)]);
    await system.pool.query('delete from log.parked where id = $1', [parked[0]!.id]);
    await requestRetry(system.pool, { consumer: 'channel-orchestrator', key: customer(8) });
    await eventually('the decision', async () => (await facts(8, 'MessageDecided')).length > 0);
    expect(await listParked(system.pool, { consumer: 'channel-orchestrator' })).toEqual([]);
  });
});
