import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeMeta, message, type DataOf, type Draft, type JsonText, type MessageName } from '@touchpoint/contracts';
import { createApp, migrations as accessMigrations, silentLog, systemClock, tableApiKeys, type HostedApp } from '@touchpoint/host';
import { routeAccess } from '@touchpoint/host/testing';
import { derivedId, partitionOf, type CustomerId, type Meta, type SourceKey } from '@touchpoint/kernel';
import { closeLog, createMessageReader, createMessageWriter, createRegistry, META, packRecords, TOPICS, TYPE, workerStrategy, type MessageReader, type MessageWriter, type OutRecord } from '@touchpoint/log';
import { decide, emptyState, NOTHING_PUBLISHED, serialiseState, type CustomerState } from '@touchpoint/orchestration';
import { migrations as logMigrations, POOL } from '@touchpoint/store';
import { createTestSystem, eventually, type TestSystem } from '@touchpoint/testing';
import { masterKeyOf, migrations as vaultMigrations, Vault } from '@touchpoint/vault';
import { AppModule } from './app.module.ts';
import { config } from './config.ts';
import { VAULT } from './delivery.handler.ts';
import { migrations } from './delivery.migrations.ts';
import { subscriptions } from './subscriptions.ts';

/** What the orchestrator keeps and delivery looks at: its tables as far as they are read here. */
const ORCHESTRATION = { id: 'spec.orchestration', sql: `create schema orchestration;
  create table orchestration.customer (customer_id uuid primary key, state text not null);
  create table orchestration.published_set (set_number bigint primary key, published text not null);` };
const TEMPLATE = { id: 'hello', channel: 'email', name: 'Hello', variables: { name: { doc: 'Name.', example: 'Ada' } }, parts: { subject: 'Hello {{ name }}', html: '<p>{{ name }}</p>', text: 'Hello {{ name }}' } };

let system: TestSystem;
let writer: MessageWriter;
let reader: MessageReader;
let vault: Vault;
const apps: HostedApp[] = [];
let key: string;
const NOW = Date.now();
const DAY = 86_400_000;

const startOne = async () => {
  const hosted = await createApp({
    name: 'delivery-service', module: AppModule, config, env: { ...system.env, CALL_LIMIT_MS: '2000', CALL_MARGIN_MS: '100', RETRY_MS: '50' }, log: silentLog,
    strategies: (app) => [workerStrategy(app, subscriptions, { sessionTimeoutMs: 6_000 })],
    onStop: async (app) => { await closeLog(app); app.get(VAULT).close(); await app.get(POOL).end(); },
  });
  await hosted.start();
  apps.push(hosted);
  return hosted;
};

const customer = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}` as CustomerId;
const contact = (n: number) => n.toString(16).padStart(32, 'e') as SourceKey;
const folded = (state: CustomerState, n: number, type: MessageName, data: object): CustomerState => {
  const offset = state.offset + 1;
  const meta = { messageId: `m${offset}`, publisher: 'shop', occurredAt: NOW, receivedAt: NOW, historical: false, sources: [], link: 'none', digest: '0'.repeat(32), correlationId: null, causationId: null } as const;
  return decide(state, { message: message(type, data as Draft<DataOf<typeof type>>) as never, recorded: { meta, customerId: customer(n), position: { partition: 0, offset } } }, NOTHING_PUBLISHED).state;
};
/** Keeps a customer's state as the orchestrator would, with an address and what was said about it. */
const known = async (n: number, ...said: readonly (readonly [MessageName, object])[]) => {
  const sealed = vault.seal((await vault.keysFor([contact(n)])).get(contact(n))!, `person${n}@example.com`);
  const state = [['TraitsSet', { email: sealed, emailKey: contact(n), personal: [], removed: [] }] as const, ...said].reduce((now, [type, data]) => folded(now, n, type, data), emptyState);
  await system.pool.query('insert into orchestration.customer values ($1, $2) on conflict (customer_id) do update set state = excluded.state', [customer(n), serialiseState(state)]);
};
const optIn = ['ConsentChanged', { channel: 'email', purpose: 'marketing', granted: true }] as const;

type Over = Partial<DataOf<'SendMessage'>>;
const commandId = (n: number, id: string) => derivedId('spec', String(n), id);
const send = (n: number, id: string, over: Over = {}): OutRecord => {
  const data: DataOf<'SendMessage'> = {
    commandId: commandId(n, id), customerId: customer(n), runId: derivedId('run'), journeyId: 'j', stepId: 's', setNumber: 1, channel: 'email', messageClass: 'marketing', guarantee: 'atMostOnce',
    purpose: 'marketing', templateId: 'hello', contactPoint: contact(n), notAfter: NOW + DAY, decidedPartition: 0, decidedOffset: 0, variables: '{"name":"Ada"}' as JsonText, link: null, ...over,
  };
  const meta: Meta = { messageId: data.commandId, publisher: 'channel-orchestrator', occurredAt: NOW, receivedAt: NOW, historical: false, sources: [], link: 'none', digest: '0'.repeat(32), correlationId: null, causationId: null };
  return { topic: system.prefix + TOPICS.commands, partition: partitionOf(customer(n), system.partitions), key: customer(n), value: writer.write('SendMessage', data), headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from('SendMessage') } };
};
const outcomes = async (n: number) => {
  const records = await system.readAll(TOPICS.received);
  await reader.prepare(records.map(({ value }) => value));
  return records.map(({ headers, value }) => reader.read(headers[TYPE]!.toString(), value) as { type: string; data: { message: { commandId: string }; reason?: string } }).filter(({ data }) => Array.from({ length: 9 }, (_, i) => commandId(n, `c${i}`)).includes(data.message.commandId));
};
const outcome = (n: number) => eventually(`an outcome for customer ${n}`, async () => { const all = await outcomes(n); return all.length > 0 && all; });
const http = async (path: string, init?: { method: string; body: string }) => {
  const response = await fetch((await apps[0]!.app.getUrl()) + path, { ...init, headers: { authorization: `Bearer ${key}`, ...(init && { 'content-type': 'application/json' }) } });
  const text = await response.text();
  return { status: response.status, text, body: (text.startsWith('{') ? JSON.parse(text) : {}) as { messages: { commandId: string; to: string; calls: number; parts: Record<string, string> }[] } };
};
const sandboxed = async (n: number) => (await http(`/v1/sandbox/messages?customerId=${customer(n)}`)).body.messages;
const behave = async (behaviour: object) => expect((await http('/v1/sandbox/behaviour', { method: 'PUT', body: JSON.stringify(behaviour) })).status).toBe(204);

beforeAll(async () => {
  system = await createTestSystem({ migrations: [...logMigrations, ...accessMigrations, ...vaultMigrations, ORCHESTRATION, ...migrations] });
  const registry = createRegistry(system.env['SCHEMA_REGISTRY_URL']!);
  writer = await createMessageWriter(registry, system.prefix, TOPICS.commands);
  reader = createMessageReader(registry);
  vault = Vault.open(system.pool, { current: masterKeyOf(Buffer.from(system.env['MASTER_KEY']!, 'base64')) }, { clock: systemClock });
  key = (await tableApiKeys(system.pool, systemClock).create({ name: 'spec', scopes: ['sandbox:read', 'sandbox:write'] })).key;
  await system.pool.query('insert into orchestration.published_set values (1, $1)', [JSON.stringify({ templates: JSON.stringify([TEMPLATE]) })]);
  await system.pool.query("insert into log.checkpoint (consumer, topic, partition, next_offset) select 'channel-orchestrator', $1, p, 1000 from generate_series(0, 11) p", [TOPICS.timeline]);
  await startOne();
  await startOne();
}, 60_000);
afterAll(async () => {
  vault.close();
  await Promise.all(apps.map((app) => app.stop()));
  await system.end();
}, 60_000);

describe('a command', () => {
  it('is carried once, however often it comes, and its outcome is a touchpoint', async () => {
    await known(1, optIn);
    await system.appender.append([send(1, 'c1'), send(1, 'c1'), send(1, 'c1')]);
    expect((await outcome(1)).map(({ type }) => type)).toEqual(['MessageSent']);
    expect(await sandboxed(1)).toMatchObject([{ commandId: commandId(1, 'c1'), to: 'person1@example.com', calls: 1, parts: { subject: 'Hello Ada', html: '<p>Ada</p>' } }]);
  });
  it('is held when consent was withdrawn since it was decided', async () => {
    await known(2, optIn, ['Unsubscribed', { channel: 'email' }]);
    await system.appender.append([send(2, 'c1')]);
    expect(await outcome(2)).toMatchObject([{ type: 'MessageHeld', data: { reason: 'withdrawn' } }]);
    expect(await sandboxed(2)).toEqual([]);
  });
  it('that is too old is recorded, not sent', async () => {
    await known(3, optIn);
    await system.appender.append([send(3, 'c1', { notAfter: NOW - 1 })]);
    expect(await outcome(3)).toMatchObject([{ type: 'MessageHeld', data: { reason: 'expired' } }]);
  });
  it('without one of its variables fails, and says so', async () => {
    await known(4, optIn);
    await system.appender.append([send(4, 'c1', { variables: '{}' as JsonText })]);
    expect(await outcome(4)).toMatchObject([{ type: 'MessageFailed', data: { reason: 'MESSAGING.TEMPLATE_FAILED' } }]);
  });
  it('waits while the orchestrator has not read as far as it was decided', async () => {
    await known(5, optIn);
    await system.appender.append([send(5, 'c1', { decidedOffset: 5_000 })]);
    await eventually('a second attempt', async () => Number((await system.pool.query('select attempt from delivery.message where command_id = $1', [commandId(5, 'c1')])).rows[0]?.attempt) >= 2);
    expect(await sandboxed(5)).toEqual([]);
    await system.pool.query("update log.checkpoint set next_offset = 6000 where consumer = 'channel-orchestrator'");
    expect(await outcome(5)).toMatchObject([{ type: 'MessageSent' }]);
  });
});

describe('a provider', () => {
  it('that refuses for the moment gets it again, and one that refuses for good does not', async () => {
    await known(6, optIn);
    await known(7, optIn);
    await behave({ rules: [{ customerId: customer(6), mode: 'busy', times: 2 }, { customerId: customer(7), mode: 'refuse', times: 1 }] });
    await system.appender.append([send(6, 'c1'), send(7, 'c1')]);
    expect(await outcome(6)).toMatchObject([{ type: 'MessageSent', data: { attempt: 3 } }]);
    expect(await outcome(7)).toMatchObject([{ type: 'MessageFailed', data: { reason: 'sandbox: refused' } }]);
  });
  it('whose answer was lost gets it again under the same id: carried once', async () => {
    await known(8, optIn);
    await behave({ rules: [{ customerId: customer(8), mode: 'silent', times: 1 }] });
    await system.appender.append([send(8, 'c1')]);
    expect(await outcome(8)).toMatchObject([{ type: 'MessageSent' }]);
    expect(await sandboxed(8)).toMatchObject([{ calls: 2 }]);
  });
});

describe('a claim that a crash left behind', () => {
  it('is handed over again when its deadline has passed', async () => {
    await known(9, optIn);
    const { value } = send(9, 'c1');
    await system.pool.query("insert into delivery.message (command_id, customer_id, topic, partition, command, state, attempt, deadline) values ($1, $2, $3, $4, $5, 'claimed', 1, now() - interval '1 s')",
      [commandId(9, 'c1'), customer(9), TOPICS.commands, partitionOf(customer(9), system.partitions), value]);
    expect(await outcome(9)).toMatchObject([{ type: 'MessageSent', data: { attempt: 2 } }]);
  });
  it('by an owner that settled after we had taken its partition, and died before it had sent, is published by us', async () => {
    const [key, partition] = [contact(10), partitionOf(customer(10), system.partitions)];
    const data = { message: { channel: 'email' as const, commandId: commandId(10, 'c1') }, attempt: 1 };
    const meta: Meta = { messageId: `${commandId(10, 'c1')}/MessageSent`, publisher: 'delivery-service', occurredAt: NOW, receivedAt: NOW, historical: false, sources: [{ kind: 'customer', key, label: null }], link: 'none', digest: '0'.repeat(32), correlationId: null, causationId: null };
    const outcomeWriter = await createMessageWriter(createRegistry(system.env['SCHEMA_REGISTRY_URL']!), system.prefix, TOPICS.received);
    const left = packRecords([{ topic: system.prefix + TOPICS.received, partition: partitionOf(key, system.partitions), key, value: outcomeWriter.write('MessageSent', data), headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from('MessageSent') } }]);
    await system.pool.query("insert into log.pending (consumer, topic, partition, id, payload) values ('delivery-service', $1, $2, nextval('delivery.outcome_number'), $3)", [TOPICS.commands, partition, left]);
    expect(await outcome(10)).toMatchObject([{ type: 'MessageSent', data: { message: { commandId: commandId(10, 'c1') } } }]);
    await eventually('nothing left to send', async () => (await system.pool.query('select from log.pending')).rowCount === 0);
  });
});

describe('the sandbox over HTTP', () => {
  it('refuses every route without a key and with a key of another scope', async () => {
    const routes = await routeAccess(apps[0]!, tableApiKeys(system.pool, systemClock));
    expect(routes.flatMap(({ problems }) => problems)).toEqual([]);
    expect(routes.filter(({ access }) => access === 'open').map(({ route }) => route).filter((route) => !/\/(health|metrics)/.test(route))).toEqual([]);
  });
  it('shows a page of what would have been sent, escaped', async () => {
    const { status, text } = await http('/sandbox');
    expect(status).toBe(200);
    expect(text).toContain('person1@example.com');
    expect(text).not.toContain('<p>Ada</p>');
  });
  it('says what is wrong with a request', async () => expect((await http('/v1/sandbox/behaviour', { method: 'PUT', body: '{"rules":[{"mode":"explode"}]}' })).status).toBe(400));
});
