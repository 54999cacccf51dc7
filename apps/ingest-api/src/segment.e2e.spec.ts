import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { gzipSync } from 'node:zlib';
import { decodeMeta } from '@touchpoint/contracts';
import { routeAccess } from '@touchpoint/host/testing';
import { partitionOf } from '@touchpoint/kernel';
import { TOPICS } from '@touchpoint/log';
import { eventually } from '@touchpoint/testing';
import { keyOf, startIngest, type Ingest } from './ingest.fixture.ts';

let ingest: Ingest;
beforeAll(async () => { ingest = await startIngest(); });
afterAll(() => ingest.end());

let number = 0;
const id = () => `e2e-${++number}`;
const event = <T extends object>(more: T = {} as T) => ({ messageId: id(), userId: 'u-1', timestamp: new Date().toISOString(), ...more });
const order = (orderId: string, more: object = {}) => ({ ...event(), type: 'track', event: 'Order Completed', properties: { order_id: orderId, currency: 'EUR', products: [{ product_id: 'p', price: 19.99, quantity: 2 }] }, ...more });
const seen = async (messageId: string) => (await ingest.received()).filter(({ meta }) => meta.messageId === messageId);
const total = async () => (await ingest.system.readAll(TOPICS.received)).length;

describe('every route', () => {
  it('asks for a key with the right scope, but probes', async () => {
    const routes = await routeAccess(ingest.hosted, ingest.keys);
    expect(routes.flatMap(({ problems }) => problems)).toEqual([]);
    expect(routes.filter(({ access }) => access === 'open').map(({ route }) => route).filter((route) => route.startsWith('POST'))).toEqual([]);
    expect(routes.filter(({ route }) => route.startsWith('POST')).map(({ route }) => route).sort()).toEqual(
      ['alias', 'b', 'batch', 'cloudevents', 'group', 'identify', 'import', 'page', 'screen', 'track'].map((route) => `POST /v1/${route}`));
  });
  it.each(['alias', 'identify', 'group', 'page', 'screen', 'track', 'batch', 'b', 'import', 'cloudevents'])('/v1/%s reads nothing of a body without a key', async (route) => {
    const before = await total();
    expect(await ingest.post(`/v1/${route}`, '{"broken', { key: 'tp_nothing' })).toMatchObject({ status: 401, type: 'application/problem+json', body: { code: 'ACCESS.NO_KEY' } });
    expect(await ingest.post(`/v1/${route}`, order('o'), { key: await ingest.newKey({ scopes: ['customers:read'] }) })).toMatchObject({ status: 403, body: { code: 'ACCESS.SCOPE' } });
    expect(await total()).toBe(before);
  });
});

describe('a path that is none', () => {
  it.each([['with a key', {}], ['without one', { key: 'tp_nothing' }], ['with a packed body', { headers: { 'content-encoding': 'gzip' } }]])('is told so, %s', async (_, options) =>
    expect(await ingest.post('/v1/nothing', order('o'), options)).toMatchObject({ status: 404, type: 'application/problem+json', body: { code: 'HTTP.NOT_FOUND' } }));
});

describe('a call', () => {
  it.each([
    ['track', { event: 'Product Viewed', properties: { product_id: 'p' } }, 'ProductViewed'],
    ['identify', { traits: { plan: 'gold' } }, 'TraitsSet'],
    ['page', { name: 'Home' }, 'PageViewed'],
    ['screen', { name: 'Cart' }, 'ScreenViewed'],
    ['group', { groupId: 'g' }, 'GroupJoined'],
    ['alias', { previousId: 'a-1' }, 'TraitsSet'],
  ])('/v1/%s is on the log when it is answered', async (route, more, type) => {
    const body = event(more);
    expect(await ingest.post(`/v1/${route}`, body)).toMatchObject({ status: 200, body: { success: true } });
    expect(await seen(body.messageId)).toMatchObject([{ type, meta: { publisher: 'shop' } }]);
  });

  it('is read from the broker by another client, as soon as it is answered', async () => {
    const body = event({ event: 'X' });
    await ingest.post('/v1/track', body);
    const consumer = new Kafka({ brokers: ingest.system.env['KAFKA_BROKERS']!.split(','), logLevel: logLevel.NOTHING }).consumer({ groupId: `${ingest.system.prefix}reader` });
    const found: string[] = [];
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [ingest.system.prefix + TOPICS.received], fromBeginning: true });
      await consumer.run({ eachMessage: async ({ message }) => void found.push(decodeMeta(message.headers!['meta'] as Buffer).messageId) });
      await eventually('the record', () => found.includes(body.messageId));
    } finally {
      await consumer.disconnect();
    }
  });

  it('is keyed by its source, with what is personal sealed and no clear value anywhere', async () => {
    const body = event({ userId: 'Anna-42', anonymousId: 'anon-7', traits: { email: 'Anna@Example.com', phone: '+41791234567', firstName: 'Annabelle', plan: 'gold' }, context: { ip: '203.0.113.9' } });
    await ingest.post('/v1/identify', body, { headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'x-correlation-id': 'corr-12345678' } });
    const [record] = await seen(body.messageId);
    const key = keyOf(ingest.system)('user', 'Anna-42');
    expect(record).toMatchObject({
      key, partition: partitionOf(key, ingest.system.partitions), type: 'TraitsSet', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      meta: { link: 'identify', correlationId: 'corr-12345678', historical: false, causationId: null },
      data: { email: 'Anna@Example.com', phone: '+41791234567', emailKey: keyOf(ingest.system)('email', 'anna@example.com'), personal: [{ name: 'firstName', value: '"Annabelle"' }], traits: '{"plan":"gold"}' },
      labels: ['Anna-42', null, 'anna@example.com', '+41791234567'],
    });
    expect(record!.meta.sources.map(({ kind }) => kind)).toEqual(['user', 'anonymous', 'email', 'phone']);
    for (const raw of await ingest.system.readAll(TOPICS.received)) {
      const bytes = Buffer.concat([Buffer.from(raw.key), raw.value, ...Object.values(raw.headers)]).toString('latin1');
      expect(bytes).not.toMatch(/Anna|example\.com|41791234567|anon-7|203\.0\.113/i);
    }
  });

  it('sends the clear value of a source along once, not with every event', async () => {
    const bodies = [1, 2, 3].map((n) => event({ userId: 'labelled', event: `Step ${n}` }));
    for (const body of bodies) await ingest.post('/v1/track', body);
    expect((await Promise.all(bodies.map(({ messageId }) => seen(messageId)))).map(([record]) => record!.labels)).toEqual([['labelled'], [null], [null]]);
  });

  it('has the same digest when it is sent again, whatever the attempt adds', async () => {
    const body = event({ event: 'X', properties: { a: 1, b: 2 } });
    await ingest.post('/v1/track', { ...body, sentAt: new Date().toISOString() });
    await ingest.post('/v1/track', { ...body, properties: { b: 2, a: 1 }, context: { library: { name: 'other' } } });
    await ingest.post('/v1/track', { ...body, properties: { a: 1, b: 3 } });
    const digests = (await seen(body.messageId)).map(({ meta }) => meta.digest);
    expect(digests).toHaveLength(3);
    expect(digests[0]).toBe(digests[1]);
    expect(digests[2]).not.toBe(digests[0]);
  });

  it('gives a second record where it carries a push token', async () => {
    const body = event({ event: 'Application Opened', context: { device: { id: 'D-1', type: 'ios', token: 'apns-token' } } });
    await ingest.post('/v1/track', body);
    const [opened] = await seen(body.messageId);
    const [device] = await seen(`${body.messageId}/device`);
    expect(device).toMatchObject({ type: 'DeviceRegistered', key: opened!.key, meta: { causationId: body.messageId }, data: { token: 'apns-token', platform: 'ios', deviceKey: keyOf(ingest.system)('device', 'D-1') } });
    expect(device!.meta.digest).not.toBe(opened!.meta.digest);
  });

  it('is corrected by the clock of the sender', async () => {
    const body = event({ event: 'X', timestamp: '2031-01-01T10:00:00.000Z', sentAt: '2031-01-01T10:01:00.000Z' });
    const before = Date.now();
    await ingest.post('/v1/track', body);
    const [record] = await seen(body.messageId);
    expect(record!.meta.receivedAt).toBeGreaterThanOrEqual(before);
    expect(record!.meta.occurredAt).toBe(record!.meta.receivedAt - 60_000);
  });

  it('is refused with a clear problem, and nothing is written', async () => {
    const before = await total();
    const cases: readonly [string, unknown, number, string, string?][] = [
      ['/v1/track', '{"event": ', 400, 'HTTP.BAD_JSON'],
      ['/v1/track', Buffer.from([0x22, 0xff, 0x22]), 400, 'HTTP.BAD_JSON'],
      ['/v1/track', '', 400, 'HTTP.NO_BODY'],
      ['/v1/track', '[]', 400, 'INTAKE.NOT_AN_OBJECT'],
      ['/v1/track', event({ event: 'X', messageId: undefined }), 400, 'INTAKE.NO_MESSAGE_ID', 'messageId'],
      ['/v1/track', event({ event: 'X', userId: undefined }), 400, 'INTAKE.NO_SOURCE'],
      ['/v1/track', event({ event: 'X', timestamp: '2099-01-01T00:00:00Z' }), 400, 'INTAKE.FUTURE', 'timestamp'],
      ['/v1/track', order('o', { properties: { order_id: 'o', total: [] } }), 400, 'INTAKE.INVALID', 'properties.total'],
      ['/v1/track', event({ event: 'X', userId: 'a\0' }), 400, 'INTAKE.BAD_TEXT', 'userId'],
      ['/v1/track', event({ event: 'X', historical: true }), 400, 'INTAKE.HISTORY_FORBIDDEN', 'historical'],
      ['/v1/track', event({ event: 'X', properties: { a: 'x'.repeat(40_000) } }), 413, 'INGEST.TOO_LARGE'],
      ['/v1/batch', { batch: [order('o', { properties: {} })] }, 400, 'INTAKE.MISSING', 'batch[0].properties.total'],
      ['/v1/batch', { batch: {} }, 400, 'INGEST.NO_BATCH', 'batch'],
      ['/v1/batch', { batch: [] }, 400, 'INGEST.NO_BATCH'],
      ['/v1/batch', [], 400, 'INGEST.NO_BATCH'],
      ['/v1/batch', { batch: Array(5_001).fill(1) }, 400, 'INGEST.TOO_MANY_EVENTS'],
      ['/v1/batch', { batch: [order('o')], more: 'x'.repeat(600_000) }, 413, 'INGEST.TOO_LARGE'],
    ];
    for (const [path, body, status, code, field] of cases) {
      const answer = await ingest.post(path, body);
      expect({ code, answer }).toMatchObject({ code, answer: { status, type: 'application/problem+json', body: { status, code, title: expect.any(String), correlationId: expect.any(String) } } });
      if (field !== undefined) expect((answer.body['errors'] as { path: string }[]).map(({ path }) => path)).toContain(field);
    }
    expect((await ingest.post('/v1/track', 'a=b', { headers: { 'content-type': 'application/x-www-form-urlencoded' } })).body['code']).toBe('HTTP.MEDIA_TYPE');
    expect((await ingest.post('/v1/track', order('o'), { headers: { 'content-encoding': 'br' } })).body['code']).toBe('HTTP.ENCODING');
    expect(await total()).toBe(before);
  });
});

describe('a batch', () => {
  it('takes the good members and tells which are bad and why', async () => {
    const good = [order('b-1'), { ...event({ event: 'X' }), type: 'track' }];
    const huge = order('b-2', { properties: { order_id: 'b-2', currency: 'EUR', total: 1, note: 'x'.repeat(33_000) } });
    const answer = await ingest.post('/v1/batch', { batch: [good[0], { ...order('bad'), properties: { order_id: 'bad', total: 5 } }, 7, good[1], { ...event(), type: 'nonsense' }, huge], sentAt: new Date().toISOString() });
    expect(answer).toMatchObject({ status: 200, body: { success: true, taken: 2 } });
    expect((answer.body['rejected'] as { index: number; code: string; errors: { path: string }[] }[]).map(({ index, code, errors }) => [index, code, errors.map(({ path }) => path)])).toEqual([
      [1, 'INTAKE.MISSING', ['properties.currency']], [2, 'INTAKE.NOT_AN_OBJECT', ['']], [4, 'INTAKE.UNKNOWN_TYPE', ['type']], [5, 'INGEST.EVENT_TOO_LARGE', []],
    ]);
    for (const { messageId } of good) expect(await seen(messageId)).toHaveLength(1);
    expect(await seen(huge.messageId)).toEqual([]);
  });
  it('answers only success where all were taken', async () => expect((await ingest.post('/v1/batch', { batch: [order('c-1'), order('c-2')] })).body).toEqual({ success: true }));
  it.each(['b', 'import'])('may come to /v1/%s', async (route) => expect(await ingest.post(`/v1/${route}`, { batch: [order('d')] })).toMatchObject({ status: 200 }));
  it('may come packed', async () => {
    const one = order('g-1');
    expect(await ingest.post('/v1/batch', gzipSync(JSON.stringify({ batch: [one] })), { headers: { 'content-encoding': 'gzip' } })).toMatchObject({ status: 200 });
    expect(await seen(one.messageId)).toHaveLength(1);
  });
  it('is unpacked no further than the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000, 0x20));
    expect(bomb.length).toBeLessThan(300_000);
    const before = process.memoryUsage().rss;
    expect(await ingest.post('/v1/batch', bomb, { headers: { 'content-encoding': 'gzip' } })).toMatchObject({ status: 413, body: { code: 'INGEST.TOO_LARGE' } });
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
    expect(await ingest.post('/v1/batch', 'not gzip', { headers: { 'content-encoding': 'gzip' } })).toMatchObject({ status: 400, body: { code: 'HTTP.BAD_GZIP' } });
  });
  it('may be larger, and history, by the limits and scopes of its key', async () => {
    const lines = Array.from({ length: 1_200 }, (_, i) => ({ product_id: `p-${i}`, name: `Product number ${i} with a long name`, price: '2.55', quantity: i % 3 ? 1 : -1 }));
    const old = order('536365', { historical: true, timestamp: '2010-12-01T08:26:00Z', properties: { order_id: '536365', currency: 'GBP', products: lines } });
    expect(JSON.stringify(old).length).toBeGreaterThan(80_000);
    expect(await ingest.post('/v1/batch', { batch: [old, old] }, { key: ingest.importKey })).toMatchObject({ status: 200, body: { success: true } });
    const [record] = await seen(old.messageId);
    expect(record).toMatchObject({ meta: { historical: true, publisher: 'importer', occurredAt: Date.UTC(2010, 11, 1, 8, 26) } });
    expect(record!.data['lines']).toHaveLength(1_200);
  });
  it('keeps the order of one source', async () => {
    const steps = Array.from({ length: 50 }, (_, i) => ({ ...event({ userId: 'ordered', event: `Step ${i}` }), type: 'track' }));
    await ingest.post('/v1/batch', { batch: steps });
    const key = keyOf(ingest.system)('user', 'ordered');
    expect((await ingest.received()).filter((record) => record.key === key).map(({ data }) => data['name'])).toEqual(steps.map(({ event: name }) => name));
  });
});

describe('what it tells of itself', () => {
  it('are health and metrics, without a name of anybody', async () => {
    expect((await fetch(`${ingest.url}/health`)).status).toBe(200);
    const metrics = await (await fetch(`${ingest.url}/metrics`)).text();
    expect(metrics).toMatch(/touchpoint_ingest_records_total\{type="OrderCompleted",app="ingest-api"\} [1-9]/);
    expect(metrics).toMatch(/touchpoint_ingest_refused_total\{publisher="shop",code="INTAKE.NO_MESSAGE_ID",app="ingest-api"\} [1-9]/);
    expect(metrics).toMatch(/touchpoint_ingest_in_flight_bytes\{app="ingest-api"\} 0/);
    expect(metrics).toMatch(/touchpoint_ingest_append_seconds_count\{app="ingest-api"\} [1-9]/);
    expect(metrics).not.toMatch(/Anna|u-1/);
  });
});
