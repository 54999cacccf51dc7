import { decodeMeta, encodeMeta, message, type DataOf, type Draft, type JsonText, type MessageName } from '@touchpoint/contracts';
import { createApp, migrations as accessMigrations, silentLog, systemClock, tableApiKeys, type HostedApp } from '@touchpoint/host';
import { derivedId, partitionOf, type CustomerId, type Meta, type SourceKey } from '@touchpoint/kernel';
import { closeLog, createMessageReader, createMessageWriter, createRegistry, META, TOPICS, TRACEPARENT, TYPE, workerStrategy, type OutRecord } from '@touchpoint/log';
import { decide, emptyState, NOTHING_PUBLISHED, serialiseState, type CustomerState } from '@touchpoint/orchestration';
import { migrations as logMigrations, POOL } from '@touchpoint/store';
import { createTestSystem, eventually } from '@touchpoint/testing';
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

export const NOW = Date.now();
const DAY = 86_400_000;

export const customer = (n: number) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}` as CustomerId;
export const contact = (n: number) => n.toString(16).padStart(32, 'e') as SourceKey;
export const commandId = (n: number, id: string) => derivedId('spec', String(n), id);
export const metaOf = (messageId: string, publisher: string, sources: Meta['sources'] = []): Meta => ({
  messageId, publisher, occurredAt: NOW, receivedAt: NOW, historical: false, sources, link: 'none', digest: '0'.repeat(32), correlationId: null, causationId: null,
});
export const optIn = ['ConsentChanged', { channel: 'email', purpose: 'marketing', granted: true }] as const;

const folded = (state: CustomerState, n: number, type: MessageName, data: object): CustomerState => {
  const offset = state.offset + 1;
  return decide(state, { message: message(type, data as Draft<DataOf<typeof type>>) as never, recorded: { meta: metaOf(`m${offset}`, 'shop'), customerId: customer(n), position: { partition: 0, offset } } }, NOTHING_PUBLISHED).state;
};

/** delivery-service on a system of its own, beside what the orchestrator would have written. */
export const createDelivery = async () => {
  const system = await createTestSystem({ migrations: [...logMigrations, ...accessMigrations, ...vaultMigrations, ORCHESTRATION, ...migrations] });
  const { pool, partitions, prefix } = system;
  const registry = createRegistry(system.env['SCHEMA_REGISTRY_URL']!);
  const writer = await createMessageWriter(registry, prefix, TOPICS.commands);
  const reader = createMessageReader(registry);
  const vault = Vault.open(pool, { current: masterKeyOf(Buffer.from(system.env['MASTER_KEY']!, 'base64')) }, { clock: systemClock });
  const { key } = await tableApiKeys(pool, systemClock).create({ name: 'spec', scopes: ['sandbox:read', 'sandbox:write'] });
  await pool.query('insert into orchestration.published_set values (1, $1)', [JSON.stringify({ templates: JSON.stringify([TEMPLATE]) })]);
  await pool.query("insert into log.checkpoint (consumer, topic, partition, next_offset) select 'channel-orchestrator', $1, p, 1000 from generate_series(0, 11) p", [TOPICS.timeline]);
  const apps: HostedApp[] = [];

  const startOne = async (env: Readonly<Record<string, string>> = {}) => {
    const hosted = await createApp({
      name: 'delivery-service', module: AppModule, config, env: { ...system.env, CALL_LIMIT_MS: '2000', CALL_MARGIN_MS: '100', RETRY_MS: '50', ...env }, log: silentLog,
      strategies: (app) => [workerStrategy(app, subscriptions, { sessionTimeoutMs: 6_000 })],
      onStop: async (app) => { await closeLog(app); app.get(VAULT).close(); await app.get(POOL).end(); },
    });
    await hosted.start();
    apps.push(hosted);
    return hosted;
  };
  /** Keeps a customer's state as the orchestrator would, with an address and what was said about it. */
  const known = async (n: number, ...said: readonly (readonly [MessageName, object])[]) => {
    const sealed = vault.seal((await vault.keysFor([contact(n)])).get(contact(n))!, `person${n}@example.com`);
    const state = [['TraitsSet', { email: sealed, emailKey: contact(n), personal: [], removed: [] }] as const, ...said].reduce((now, [type, data]) => folded(now, n, type, data), emptyState);
    await pool.query('insert into orchestration.customer values ($1, $2) on conflict (customer_id) do update set state = excluded.state', [customer(n), serialiseState(state)]);
  };
  const send = (n: number, id: string, over: Partial<DataOf<'SendMessage'>> = {}): OutRecord => {
    const data: DataOf<'SendMessage'> = {
      commandId: commandId(n, id), customerId: customer(n), runId: derivedId('run'), journeyId: 'j', stepId: 's', setNumber: 1, channel: 'email', messageClass: 'marketing', guarantee: 'atMostOnce',
      purpose: 'marketing', templateId: 'hello', contactPoint: contact(n), notAfter: NOW + DAY, decidedPartition: 0, decidedOffset: 0, variables: '{"name":"Ada"}' as JsonText, link: null, ...over,
    };
    return { topic: prefix + TOPICS.commands, partition: partitionOf(customer(n), partitions), key: customer(n), value: writer.write('SendMessage', data), headers: { [META]: encodeMeta(metaOf(data.commandId, 'channel-orchestrator')), [TYPE]: Buffer.from('SendMessage') } };
  };
  /** A row as a process leaves it that is killed between its claim and the outcome. */
  const leaveLost = async (n: number, { value } = send(n, 'c1')) => {
    await pool.query("insert into delivery.message (command_id, customer_id, topic, partition, command, state, attempt, deadline) values ($1, $2, $3, $4, $5, 'claimed', 1, now() - interval '1 s')",
      [commandId(n, 'c1'), customer(n), TOPICS.commands, partitionOf(customer(n), partitions), value]);
  };
  const row = async (n: number, id = 'c1') =>
    (await pool.query<{ version: string; state: string; attempt: number; lost_attempt: number | null; reason: string | null }>('select xmin::text as version, * from delivery.message where command_id = $1', [commandId(n, id)])).rows[0];
  const outcomes = async (n: number) => {
    const records = await system.readAll(TOPICS.received);
    await reader.prepare(records.map(({ value }) => value));
    const ids = Array.from({ length: 9 }, (_, i) => commandId(n, `c${i}`));
    const read = records.map(({ headers, value }) => {
      const { type, data } = reader.read(headers[TYPE]!.toString(), value) as { type: string; data: { message: { commandId: string }; reason?: string } };
      return { type, data, correlationId: decodeMeta(headers[META]!).correlationId, traceparent: headers[TRACEPARENT]?.toString() };
    });
    return read.filter(({ data }) => ids.includes(data.message.commandId));
  };
  const http = async (path: string, init?: { method: string; body: string }) => {
    const response = await fetch((await apps[0]!.app.getUrl()) + path, { ...init, headers: { authorization: `Bearer ${key}`, ...(init && { 'content-type': 'application/json' }) } });
    const text = await response.text();
    return { status: response.status, text, body: (text.startsWith('{') ? JSON.parse(text) : {}) as { messages: { commandId: string; sentAt: string; to: string; calls: number; parts: Record<string, string> }[] } };
  };
  return {
    system, apps, startOne, known, send, leaveLost, row, http,
    /** Once there is one. */
    outcome: (n: number) => eventually(`an outcome for customer ${n}`, async () => { const all = await outcomes(n); return all.length > 0 && all; }),
    sandboxed: async (n: number) => (await http(`/v1/sandbox/messages?customerId=${customer(n)}`)).body.messages,
    /** How the sandbox behaves from now on. */
    behave: async (behaviour: object): Promise<void> => {
      const { status, text } = await http('/v1/sandbox/behaviour', { method: 'PUT', body: JSON.stringify(behaviour) });
      if (status !== 204) throw new Error(`the sandbox refused its behaviour: ${text}`);
    },
    end: async () => {
      vault.close();
      await Promise.all(apps.map((app) => app.stop()));
      await system.end();
    },
  };
};
