import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { eventually } from '@touchpoint/testing';
import { repositoryRoot } from '../system/places.ts';
import { startSystem, type System } from '../system/index.ts';

const READY_MS = 180_000;
let dir: string;
let database: FreshDatabase;
let system: System;

type Customer = Readonly<{ customerId: string; members: readonly string[]; orders: Readonly<Record<string, unknown>>; activity?: unknown }>;
const ask = async <T>(app: string, path: string, key: string, body?: object): Promise<{ status: number; body: T }> => {
  const answer = await fetch(new URL(path, system.urlOf(app)), { method: body ? 'POST' : 'GET', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, ...(body && { body: JSON.stringify(body) }) });
  return { status: answer.status, body: (await answer.json()) as T };
};
const customer = async (user: string): Promise<Customer> => (await ask<Customer>('query-api', `/v1/customers/by/user/${user}`, system.keys.read)).body;
const touchpoint = (...args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> =>
  new Promise((done) => {
    const child = spawn(process.execPath, [join(repositoryRoot, 'apps/touchpoint-cli/src/main.ts'), ...args, '--dir', dir], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (piece: Buffer) => { out += piece.toString(); });
    child.stderr.on('data', (piece: Buffer) => { err += piece.toString(); });
    child.on('close', (code) => done({ code, out, err }));
  });
const json = async <T>(...args: readonly string[]): Promise<T> => {
  const { out, err } = await touchpoint(...args, '--json');
  if (out === '') throw new Error(err);
  return JSON.parse(out) as T;
};
type Run = Readonly<{ state: string; outcome: Readonly<{ summary: string; figures: Readonly<Record<string, unknown>> }> }>;
type Identity = Readonly<{ customerId: string; members: readonly Readonly<{ customerId: string; absorbedBy: string | null; splitOff: boolean }>[]; sources: readonly Readonly<{ kind: string; key: string; customerId: string }>[]; history: readonly Readonly<{ type: string; position: object }>[] }>;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'touchpoint-identity-'));
  database = await freshDatabase(process.env['DATABASE_URL']);
  system = await startSystem({
    dir, databaseUrl: database.url, topicPrefix: `identity${randomBytes(4).toString('hex')}.`, partitions: 4, apps: ['ingest-api', 'identity-resolver', 'profile-projector', 'query-api', 'operations-api'], replicas: { 'identity-resolver': 2 },
  });
  const order = (user: string, orderId: string, total: string) => ({ type: 'track', event: 'Order Completed', userId: user, messageId: `${user}-${orderId}`, properties: { order_id: orderId, currency: 'EUR', total, products: [] } });
  const answer = await ask('ingest-api', '/v1/batch', system.keys.write, { batch: [order('ada', '1', '10.00'), order('ben', '2', '20.00')] });
  expect(answer.status).toBe(200);
  await system.untilIdle();
}, READY_MS);
afterAll(async () => {
  await system?.stop();
  await database?.drop();
  await rm(dir, { recursive: true, force: true });
}, READY_MS);

describe('an operator, with two resolvers at work', () => {
  let [ada, ben] = ['', ''];
  let survivor = '';

  it('sees who is who, by ids and keys, with no personal value', async () => {
    [ada, ben] = [(await customer('ada')).customerId, (await customer('ben')).customerId];
    expect(ada).not.toBe(ben);
    const shown = await json<Identity>('identity', 'show', 'user:ada');
    expect(shown).toMatchObject({ customerId: ada, members: [{ customerId: ada, absorbedBy: null }], sources: [{ kind: 'user', customerId: ada, key: expect.stringMatching(/^[0-9a-f]{32}$/) }], history: [{ type: 'IdentitiesLinked', position: { partition: expect.any(Number), offset: expect.any(Number) } }] });
    expect((await touchpoint('identity', 'show', ada)).out).toContain('IdentitiesLinked');
    expect(await touchpoint('identity', 'show', 'user:nobody')).toMatchObject({ code: 1, err: expect.stringContaining('No customer has this source') });
  });

  it('is told what a link would do, and nothing is done', async () => {
    const dry = await json<Run>('identity', 'link', 'user:ada', ben);
    survivor = String(dry.outcome.figures['survivor']);
    expect([ada, ben]).toContain(survivor);
    expect(dry.outcome.summary).toMatch(/^If applied/);
    await system.untilIdle();
    expect((await customer('ada')).members).toEqual([ada]);
  });

  it('makes them one; again, nothing happens', async () => {
    expect((await json<Run>('identity', 'link', 'user:ada', ben, '--apply', '--why', 'one person')).outcome.figures).toMatchObject({ survivor, done: true });
    await system.untilIdle();
    for (const user of ['ada', 'ben']) expect(await customer(user)).toMatchObject({ customerId: survivor, members: [ada, ben].sort() });
    expect(JSON.stringify((await customer('ada')).orders)).toContain('30');
    expect((await json<Run>('identity', 'link', 'user:ada', ben, '--apply', '--why', 'once more')).outcome.summary).toMatch(/^They are one customer already/);
    expect((await json<Identity>('identity', 'show', 'user:ada')).history.map(({ type }) => type).sort()).toEqual(['CustomerAbsorbed', 'CustomerMerged', 'IdentitiesLinked', 'IdentitiesLinked', 'LinkRequested']);
  });

  it('takes them apart again, each with what was its own; again, nothing happens', async () => {
    const member = survivor === ada ? ben : ada;
    expect(await touchpoint('identity', 'split', member, survivor, '--apply', '--why', 'wrong way round')).toMatchObject({ code: 1, err: expect.stringContaining('OPERATIONS.NOT_A_MEMBER') });
    expect((await json<Run>('identity', 'split', survivor, member)).outcome.summary).toMatch(/^If applied/);
    expect((await json<Run>('identity', 'split', survivor, member, '--apply', '--why', 'two persons')).outcome.figures).toMatchObject({ survivor, member, sources: 1, done: true });
    await eventually('both alone', async () => (await customer('ada')).members.length === 1 && (await customer('ben')).members.length === 1);
    await system.untilIdle();
    expect([(await customer('ada')).customerId, (await customer('ben')).customerId]).toEqual([ada, ben]);
    expect(JSON.stringify((await customer('ada')).orders)).toContain('10');
    expect(JSON.stringify((await customer('ben')).orders)).toContain('20');
    expect((await json<Run>('identity', 'split', survivor, member, '--apply', '--why', 'once more')).outcome.summary).toMatch(/stands alone already$/);
    expect(await json<Identity>('identity', 'show', member)).toMatchObject({ customerId: member, members: [{ customerId: member, splitOff: true }], history: expect.arrayContaining([expect.objectContaining({ type: 'CustomerSplit' }), expect.objectContaining({ type: 'SplitRequested' })]) });
  });

  it('leaves a trace of who, what and why', async () => {
    const entries = await json<readonly { operation: string; act: string; apply: boolean; why: string }[]>('audit', '--operation', 'identity-split');
    expect(entries.filter(({ act, apply }) => act === 'done' && apply).map(({ why }) => why)).toEqual(['once more', 'two persons']);
  });
});
