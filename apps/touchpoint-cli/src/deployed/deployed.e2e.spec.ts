import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from '@touchpoint/testing';
import { createPool } from '@touchpoint/store';
import { presentApps } from '../system/apps.ts';
import { runCommand, start, stop, type Running } from './deployed.fixture.ts';
import { startSecuredStack, type SecuredStack } from './secured-stack.fixture.ts';

jest.setTimeout(300_000);

let secured: SecuredStack;
let env: Readonly<Record<string, string>>;
const running: Running[] = [];
const of = (app: string): readonly Running[] => running.filter((one) => one.app === app);

beforeAll(async () => {
  secured = await startSecuredStack();
  env = {
    ...secured.env, TOUCHPOINT_DIR: `${secured.dir}/nothing`, TOPIC_PARTITIONS: '2', TOPIC_PREFIX: 'deployed.', LOG_LEVEL: 'info',
    MASTER_KEY: Buffer.alloc(32, 3).toString('base64'), SOURCE_KEY_SECRET: Buffer.alloc(32, 4).toString('base64'),
  };
}, 180_000);
afterAll(async () => {
  await Promise.all(running.map(stop));
  await secured?.end();
}, 120_000);

describe('touchpoint prepare, where all is spoken with over TLS and with a password', () => {
  it('makes topics, schemas and tables', async () => {
    expect(await runCommand(env, 'prepare')).toMatchObject({ code: 0, err: expect.stringMatching(/Topics: created .*customers\.timeline.*\nSchemas: \d+ subjects are registered\.\nTables: \d+ migrations applied\./) });
  });
  it('finds all there the second time, also with SASL PLAIN', async () => {
    expect(await runCommand({ ...env, KAFKA_SASL_MECHANISM: 'plain' }, 'prepare')).toMatchObject({ code: 0, err: expect.stringMatching(/all are there\.\n.*\nTables: up to date/) });
  });
  it.each<[string, Record<string, string>, string]>([
    ['another CA for Kafka', { KAFKA_CA_FILE: 'other' }, 'set KAFKA_CA_FILE'],
    ['another password for Kafka', { KAFKA_PASSWORD: 'pw-wrong' }, 'check KAFKA_USERNAME, KAFKA_PASSWORD'],
    ['no TLS for Kafka', { KAFKA_CA_FILE: '', KAFKA_USERNAME: '', KAFKA_PASSWORD: '' }, 'they may want TLS'],
    ['another CA for the registry', { SCHEMA_REGISTRY_CA_FILE: 'other' }, 'set SCHEMA_REGISTRY_CA_FILE'],
    ['another password for the registry', { SCHEMA_REGISTRY_PASSWORD: 'pw-wrong' }, 'check SCHEMA_REGISTRY_USERNAME'],
    ['another CA for Postgres', { DATABASE_URL: 'other' }, 'add &sslrootcert=FILE'],
    ['another password for Postgres', { DATABASE_URL: 'password' }, 'check user and password in DATABASE_URL'],
    ['a file that is no certificate', { KAFKA_CA_FILE: import.meta.filename }, 'KAFKA_CA_FILE is not valid: expected the path'],
    ['a user without a password', { KAFKA_PASSWORD: '' }, 'KAFKA_USERNAME is set without KAFKA_PASSWORD'],
  ])('says what to do about %s, and no secret', async (_what, wrong, says) => {
    const database = new URL(secured.env['DATABASE_URL']!);
    const right = database.password;
    if (wrong['DATABASE_URL'] === 'other') database.searchParams.set('sslrootcert', secured.otherCa);
    if (wrong['DATABASE_URL'] === 'password') database.password = 'pw-wrong';
    const changed = Object.fromEntries(Object.entries(wrong).map(([key, value]) => [key, key === 'DATABASE_URL' ? database.href : value === 'other' ? secured.otherCa : value]));
    const { code, err } = await runCommand({ ...env, ...changed }, 'prepare');
    expect(err).toContain(says);
    expect(code).not.toBe(0);
    for (const secret of [secured.password, right, 'pw-wrong']) expect(err).not.toContain(secret);
    expect(err).not.toMatch(/\n\s+at /);
  });
});

describe('two processes of each app', () => {
  let writeKey: string;
  let readKey: string;
  beforeAll(async () => {
    const key = async (name: string, scope: string) => (JSON.parse((await runCommand(env, 'keys', 'create', name, '--scope', scope, '--json')).out) as { key: string }).key;
    [writeKey, readKey] = [await key('shop', 'events:write'), await key('reader', 'customers:read,messages:read')];
    expect(await runCommand(env, 'journeys', 'apply')).toMatchObject({ code: 0, out: expect.stringContaining('set 1 published') });
    for (const { name } of presentApps()) running.push(...(await Promise.all([start(name, env), start(name, env)])));
  }, 240_000);

  it('take an event from its publisher to the one who asks for the customer', async () => {
    const user = randomUUID();
    const body = JSON.stringify({ messageId: randomUUID(), userId: user, event: 'Store Visited', properties: { store_id: 'zurich' } });
    const posted = await fetch(`${of('ingest-api')[0]!.url}/v1/track`, { method: 'POST', headers: { authorization: `Basic ${btoa(`${writeKey}:`)}`, 'content-type': 'application/json' }, body });
    expect(posted.status).toBe(200);
    const customer = await eventually('the customer', async () => {
      const answer = await fetch(`${of('query-api')[1]!.url}/v1/customers/by/user/${user}`, { headers: { authorization: `Bearer ${readKey}` } });
      return answer.ok && (await answer.json() as { customerId: string });
    });
    expect(customer.customerId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('speak TLS on each of their connections to Postgres', async () => {
    const pool = createPool({ databaseUrl: env['DATABASE_URL']!, name: 'spec', max: 1, onError: () => undefined });
    const { rows } = await pool.query<{ name: string; ssl: boolean }>("select distinct application_name as name, ssl from pg_stat_activity join pg_stat_ssl using (pid) where application_name like 'touchpoint-%' and usename = current_user");
    await pool.end();
    expect(rows.filter(({ ssl }) => !ssl)).toEqual([]);
    expect(rows.map(({ name }) => name).sort()).toEqual(presentApps().map(({ name }) => `touchpoint-${name}`).sort());
  });

  it('log no secret', () => {
    const logged = running.flatMap(({ lines }) => lines).join('\n');
    expect(logged).toContain('started');
    for (const secret of [secured.password, new URL(secured.env['DATABASE_URL']!).password, env['MASTER_KEY']!, writeKey]) expect(logged).not.toContain(secret);
  });
});
