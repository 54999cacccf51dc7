import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { eventually } from '@touchpoint/testing';
import { startSystem, type System } from '../system/index.ts';

/** Stands before the registry: passes on at once, late, or not at all. */
const gate = { delayMs: 0, frozen: false, asked: 0 };
/** Requests that came while it was frozen: they are passed on when it no longer is. */
const held: (() => void)[] = [];
const sockets = new Set<Socket>();
let server: Server;
let database: FreshDatabase;
let dir: string;
let system: System;

const openGate = (hostname: string, registryPort: number): Promise<number> => {
  server = createServer((client) => {
    const registry = connect({ host: hostname, port: registryPort });
    for (const socket of [client, registry]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => (sockets.delete(socket), client.destroy(), registry.destroy()));
    }
    client.on('data', (bytes) => {
      gate.asked += 1;
      const pass = () => registry.write(bytes);
      if (gate.frozen) held.push(pass);
      else setTimeout(pass, gate.delayMs);
    });
    registry.on('data', (bytes) => client.write(bytes));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)));
};

beforeAll(async () => {
  database = await freshDatabase(process.env['DATABASE_URL']);
  dir = await mkdtemp(join(tmpdir(), 'touchpoint-registry-'));
  const url = new URL(process.env['SCHEMA_REGISTRY_URL']!);
  const port = await openGate(url.hostname, Number(url.port));
  url.hostname = '127.0.0.1';
  url.port = String(port);
  system = await startSystem({ dir, env: process.env, databaseUrl: database.url, schemaRegistryUrl: url.href, topicPrefix: `${new URL(database.url).pathname.slice(1).replaceAll('_', '-')}.`, partitions: 2, apps: ['ingest-api', 'identity-resolver', 'profile-projector', 'channel-orchestrator', 'delivery-service'] });
});
afterAll(async () => {
  gate.frozen = false;
  await system?.stop();
  for (const socket of sockets) socket.destroy();
  server?.close();
  await database?.drop();
  if (dir) await rm(dir, { recursive: true, force: true });
});

type Kind = 'Order Completed' | 'Application Opened';
let number = 0;
const post = async (event: Kind, count: number): Promise<number> => {
  const batch = Array.from({ length: count }, () => ({ type: 'track', event, messageId: `registry-${(number += 1)}`, userId: `u-${number}`, timestamp: new Date().toISOString(), properties: event === 'Order Completed' ? { order_id: `o-${number}`, currency: 'EUR', total: 1 } : { version: '5.0' } }));
  const answer = await fetch(`${system.urlOf('ingest-api')}/v1/batch`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(`${system.keys.write}:`).toString('base64')}` }, body: JSON.stringify({ batch }), signal: AbortSignal.timeout(10_000) });
  await answer.arrayBuffer();
  return answer.status;
};
const count = async (sql: string): Promise<number> => Number((await database.pool.query<{ n: string }>(sql)).rows[0]!.n);
const orders = () => count('select count(*) as n from profile.orders_v1');
const opens = () => count('select coalesce(sum(opens), 0) as n from profile.app_usage_v1');
const metrics = async (app: string): Promise<string> => (await fetch(`${system.urlOf(app)}/metrics`, { signal: AbortSignal.timeout(5_000) })).text();

describe('a slow schema registry', () => {
  it('makes the first record of its kind wait, and no event', async () => {
    gate.delayMs = 1_000;
    expect(await post('Order Completed', 50)).toBe(200);
    await eventually('fifty orders', async () => (await orders()) === 50);
    expect(gate.asked).toBeGreaterThan(0);
  });
});

describe('a frozen schema registry, that takes connections and answers nothing', () => {
  it('keeps no event from being taken; who has to read a schema for the first time says that it waits, within its limit, and answers meanwhile', async () => {
    gate.frozen = true;
    expect(await post('Application Opened', 50)).toBe(200);
    await eventually('the projector to say so', async () => /^touchpoint_consumer_partition_failing\{.*\} 1$/m.test(await metrics('profile-projector')));
    expect((await fetch(`${system.urlOf('profile-projector')}/health/live`, { signal: AbortSignal.timeout(5_000) })).status).toBe(200);
    expect([await post('Application Opened', 50), await opens()]).toEqual([200, 0]);
    expect(held.length).toBeGreaterThan(0);
  });
  it('has cost nothing once it answers again, and is not asked for what is known', async () => {
    gate.frozen = false;
    gate.delayMs = 0;
    for (const pass of held.splice(0)) pass();
    await eventually('all of it', async () => (await opens()) === 100);
    await system.untilIdle(180_000);
    expect(await count('select count(*) as n from log.parked')).toBe(0);
    gate.frozen = true;
    expect([await post('Order Completed', 20), await post('Application Opened', 20)]).toEqual([200, 200]);
    await eventually('twenty more of each', async () => (await orders()) === 70 && (await opens()) === 120);
  });
});
