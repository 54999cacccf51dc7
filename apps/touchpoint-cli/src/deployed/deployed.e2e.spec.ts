import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { eventually } from '@touchpoint/testing';
import { createPool } from '@touchpoint/store';
import { presentApps } from '../system/apps.ts';
import { Balancer } from './balancer.fixture.ts';
import { startCollector } from './collector.fixture.ts';
import { runCommand, start, stop, type Running } from './deployed.fixture.ts';
import { startSecuredStack, type SecuredStack } from './secured-stack.fixture.ts';


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
});
afterAll(async () => {
  await Promise.all(running.map(stop));
  await secured?.end();
});

describe('touchpoint prepare, where all is spoken with over TLS and with a password', () => {
  it('makes topics, schemas and tables', async () => {
    expect(await runCommand(env, 'prepare')).toMatchObject({ code: 0, err: expect.stringMatching(/Topics: created .*customers\.timeline.*\nSchemas: \d+ subjects are registered\.\nTables: \d+ migrations applied\./) });
  });
  it('finds all there the second time, also with SASL PLAIN', async () => {
    expect(await runCommand({ ...env, KAFKA_SASL_MECHANISM: 'plain' }, 'prepare')).toMatchObject({ code: 0, err: expect.stringMatching(/all are there\.\n.*\nTables: up to date/) });
  });
  const wrongly: readonly (readonly [what: string, wrong: Readonly<Record<string, string>>, says: string])[] = [
    ['another CA for Kafka', { KAFKA_CA_FILE: 'other' }, 'set KAFKA_CA_FILE'],
    ['another password for Kafka', { KAFKA_PASSWORD: 'pw-wrong' }, 'check KAFKA_USERNAME, KAFKA_PASSWORD'],
    ['no TLS for Kafka', { KAFKA_CA_FILE: '', KAFKA_USERNAME: '', KAFKA_PASSWORD: '' }, 'they may want TLS'],
    ['another CA for the registry', { SCHEMA_REGISTRY_CA_FILE: 'other' }, 'set SCHEMA_REGISTRY_CA_FILE'],
    ['another password for the registry', { SCHEMA_REGISTRY_PASSWORD: 'pw-wrong' }, 'check SCHEMA_REGISTRY_USERNAME'],
    ['another CA for Postgres', { DATABASE_URL: 'other' }, 'add &sslrootcert=FILE'],
    ['another password for Postgres', { DATABASE_URL: 'password' }, 'check user and password in DATABASE_URL'],
    ['a file that is no certificate', { KAFKA_CA_FILE: import.meta.filename }, 'KAFKA_CA_FILE is not valid: expected the path'],
    ['a user without a password', { KAFKA_PASSWORD: '' }, 'KAFKA_USERNAME is set without KAFKA_PASSWORD'],
  ];
  it('says what to do about what is set wrongly, and no secret', async () => {
    const right = new URL(secured.env['DATABASE_URL']!).password;
    const databaseUrl = (wrong: string) => {
      const database = new URL(secured.env['DATABASE_URL']!);
      if (wrong === 'other') database.searchParams.set('sslrootcert', secured.otherCa);
      else database.password = 'pw-wrong';
      return database.href;
    };
    const set = (wrong: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(wrong).map(([key, value]) => [key, key === 'DATABASE_URL' ? databaseUrl(value) : value === 'other' ? secured.otherCa : value]));
    const answers = await Promise.all(wrongly.map(async ([what, wrong, says]) => ({ what, says, ...(await runCommand({ ...env, ...set(wrong) }, 'prepare')) })));
    for (const { what, says, code, err } of answers) {
      expect([what, err]).toEqual([what, expect.stringContaining(says)]);
      expect([what, code]).not.toEqual([what, 0]);
      for (const secret of [secured.password, right, 'pw-wrong']) expect(err).not.toContain(secret);
      expect(err).not.toMatch(/\n\s+at /);
    }
  });
});

describe('two processes of each app', () => {
  const person = { userId: randomUUID(), email: 'ada.lovelace@example.org', firstName: 'Augusta-Ada', orderId: `order-${randomUUID()}` };
  let writeKey: string;
  let readKey: string;
  let collector: Awaited<ReturnType<typeof startCollector>>;
  const basic = () => ({ authorization: `Basic ${btoa(`${writeKey}:`)}`, 'content-type': 'application/json' });
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    fetch(`${of('ingest-api')[0]!.url}${path}`, { method: 'POST', headers: { ...basic(), ...headers }, body: JSON.stringify({ messageId: randomUUID(), userId: person.userId, ...body }) });
  /** Longer than the balancer needs to look. */
  const envOf = (app: string) => (app.endsWith('-api') ? { ...env, STOP_DELAY_MS: '3000' } : env);

  beforeAll(async () => {
    collector = await startCollector();
    env = { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: '0' };
    const key = async (name: string, scope: string) => (JSON.parse((await runCommand(env, 'keys', 'create', name, '--scope', scope, '--json')).out) as { key: string }).key;
    [writeKey, readKey] = [await key('shop', 'events:write'), await key('reader', 'customers:read,messages:read')];
    expect(await runCommand(env, 'journeys', 'apply')).toMatchObject({ code: 0, out: expect.stringContaining('set 1 published') });
    for (const { name } of presentApps()) running.push(...(await Promise.all([start(name, envOf(name)), start(name, envOf(name))])));
  }, 240_000);
  afterAll(() => collector?.close());

  it('take an event from its publisher to the one who asks for the customer', async () => {
    expect((await post('/v1/identify', { traits: { email: person.email, firstName: person.firstName } })).status).toBe(200);
    const customer = await eventually('the customer', async () => {
      const answer = await fetch(`${of('query-api')[1]!.url}/v1/customers/by/user/${person.userId}`, { headers: { authorization: `Bearer ${readKey}` } });
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

  it('are one trace, from the request to the answer of the provider and what comes of it', async () => {
    expect(collector.spans).toEqual([]);
    const traceId = randomUUID().replaceAll('-', '');
    const order = { event: 'Order Completed', properties: { order_id: person.orderId, currency: 'EUR', total: '19.90', products: [{ product_id: 'mug', quantity: 2, price: '9.95' }] } };
    expect((await post('/v1/track', order, { traceparent: `00-${traceId}-00f067aa0ba902b7-01` })).status).toBe(200);
    const named = ['POST /v1/track', 'append deployed.touchpoints.received', 'deployed.identity-resolver process', 'deployed.profile-projector process', 'deployed.channel-orchestrator process', 'deployed.delivery-service.urgent process', 'call sandbox'];
    const outcome = await eventually('all spans of the trace', () => {
      const names = new Set(collector.spans.map(({ name, attributes }) => `${name} ${attributes['touchpoint.type'] ?? ''}`.trim()));
      const missing = named.filter((name) => ![...names].some((seen) => seen.startsWith(name)));
      if (missing.length > 0) throw new Error(`no ${missing.join(', ')} among ${[...names].join(', ')}`);
      return collector.spans.find(({ name, attributes }) => name === 'deployed.profile-projector process' && attributes['touchpoint.type'] === 'MessageSent');
    });
    expect(outcome.traceId).toBe(traceId);
    expect(new Set(collector.spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
    const request = collector.spans.find(({ name }) => name === 'POST /v1/track')!;
    expect(request).toMatchObject({ app: 'ingest-api', parentSpanId: '00f067aa0ba902b7', attributes: { 'http.route': '/v1/track', 'http.response.status_code': '200' } });
    for (const span of collector.spans) if (span !== request) expect([span.name, span.parentSpanId, span.failed]).toEqual([span.name, request.spanId, false]);
    expect(collector.spans.find(({ name }) => name === 'call sandbox')!.attributes).toEqual({ 'touchpoint.provider': 'sandbox', 'touchpoint.channel': 'email', 'touchpoint.attempt': '1' });
  });

  it('tell a collector nothing of the person, and nothing that the publisher wrote', () => {
    const told = collector.texts.join('\n');
    for (const value of [...Object.values(person), 'Lovelace', 'mug', '19.90', writeKey]) expect(told).not.toContain(value);
    const attributes = new Set(collector.spans.flatMap((span) => Object.keys(span.attributes)));
    expect([...attributes].filter((name) => !/^(http\.(request\.method|route|response\.status_code)|messaging\.[\w.]+|touchpoint\.(type|provider|channel|attempt))$/.test(name))).toEqual([]);
  });

  it('are replaced one by one without a 5xx and without a broken connection, under load', async () => {
    const restart = async (app: string, path: string, options: () => { method: string; headers: Record<string, string>; body?: string }) => {
      const balancer = new Balancer();
      for (const { url } of of(app)) balancer.add(url);
      await eventually('both are ready', () => of(app).every(({ url }) => balancer.ready(url)));
      let over = false;
      const lane = async () => {
        while (!over) {
          const { body, ...rest } = options();
          await balancer.send(path, rest, body);
        }
      };
      const load = Array.from({ length: 8 }, lane);
      for (const old of [...of(app)]) {
        const before = balancer.answers.length;
        expect(await stop(old)).toBe(0);
        balancer.remove(old.url);
        running.splice(running.indexOf(old), 1);
        const fresh = await start(app, envOf(app));
        running.push(fresh);
        balancer.add(fresh.url);
        await eventually('the new one has its share', () => balancer.answers.filter(({ url }) => url === fresh.url).length > 50);
        expect(balancer.answers.length).toBeGreaterThan(before + 100);
      }
      over = true;
      await Promise.all(load);
      balancer.close();
      return balancer.answers;
    };
    const ingested = await restart('ingest-api', '/v1/track', () => ({ method: 'POST', headers: basic(), body: JSON.stringify({ messageId: randomUUID(), userId: person.userId, event: 'Store Visited', properties: { store_id: 'zurich' } }) }));
    expect(ingested.filter((answer) => !('status' in answer) || answer.status !== 200)).toEqual([]);
    const asked = await restart('query-api', `/v1/customers/by/user/${person.userId}`, () => ({ method: 'GET', headers: { authorization: `Bearer ${readKey}` } }));
    expect(asked.filter((answer) => !('status' in answer) || answer.status !== 200)).toEqual([]);
  });

  it('log no secret', () => {
    const logged = running.flatMap(({ lines }) => lines).join('\n');
    expect(logged).toContain('started');
    for (const secret of [secured.password, new URL(secured.env['DATABASE_URL']!).password, env['MASTER_KEY']!, writeKey]) expect(logged).not.toContain(secret);
  });
});
