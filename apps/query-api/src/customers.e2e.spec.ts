import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { routeAccess } from '@touchpoint/host/testing';
import { customerIdOf, DAY, parseDecimal, type Decimal } from '@touchpoint/kernel';
import { customer as customerSchema } from './http/answers.schema.ts';
import { startQuery, type About, type Query, type SourceId } from './query.fixture.ts';

let query: Query;
beforeAll(async () => { query = await startQuery(); });
afterAll(() => query.end());

const AT = Date.UTC(2026, 2, 14, 12);
const money = (text: string) => parseDecimal(text)! as Decimal;
const order = (orderId: string, total: string, about: About) => query.publish('OrderCompleted', { orderId, currency: 'EUR', place: 'web', lines: [], total: money(total) }, { at: AT, ...about });
const events = (n: number) => (body: Record<string, unknown>) => (body['activity'] as { events: number }).events === n;
const identify = async (user: SourceId, email: string, at = AT) =>
  query.publish('TraitsSet', {
    email: await query.sealed(user, email), emailKey: query.keyOf('email', email), personal: [{ name: 'firstName', value: await query.sealed(user, '"Ada"') }, { name: '__proto__', value: await query.sealed(user, '{"x":1}') }],
    traits: '{"plan":"gold"}', removed: [],
  }, { sources: [user, ['email', email]], link: 'identify', at });

describe('every route', () => {
  it('asks for a key with the right scope, but probes and the documentation', async () => {
    const routes = await routeAccess(query.hosted, query.keys);
    expect(routes.flatMap(({ problems }) => problems)).toEqual([]);
    const access = Object.fromEntries(routes.map((route) => [route.route, route.access]));
    expect(access).toMatchObject({
      'GET /v1/customers/:id': 'customers:read', 'GET /v1/customers/by/:kind/:value': 'customers:read', 'GET /v1/customers/:id/timeline': 'customers:read', 'GET /v1/customers/:id/messages': 'messages:read', 'GET /v1/customers/:id/export': 'customers:export', 'GET /health': 'open', 'GET /docs': 'open', 'GET /docs-json': 'open',
    });
    expect(routes.filter(({ route, access: open }) => open === 'open' && route.includes('/v1'))).toEqual([]);
    expect(routes.filter(({ route }) => /^(POST|PUT|PATCH|DELETE) /.test(route))).toEqual([]);
  });
  it('is described at /docs-json, with a page at /docs', async () => {
    const json = await query.get('/docs-json', '');
    expect(await new Validator().validate(json.body as Record<string, unknown>)).toMatchObject({ valid: true });
    const page = await query.hosted.app.inject({ url: '/docs' });
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, expect.stringContaining('text/html')]);
    expect((await query.hosted.app.inject({ url: '/docs/swagger-ui-bundle.js' })).statusCode).toBe(200);
  });
});

describe('a customer', () => {
  const ada: SourceId = ['user', 'ada'];
  const emailKey = () => query.keyOf('email', 'ada@example.com');
  it('is told as a whole, by id and by each of its sources', async () => {
    await identify(ada, 'ada@example.com');
    await order('o1', '19.90', { sources: [ada] });
    await query.publish('OrderRefunded', { orderId: 'o1', currency: 'EUR', place: 'store', whole: false, refundId: 'r1', lines: [], total: money('9.95') }, { at: AT + DAY });
    await order('o2', '0.000001', { sources: [ada], at: AT + 1 });
    await query.publish('ApplicationOpened', { context: { appVersion: '4.2.0', osName: 'iOS', deviceClass: 'phone' } as never }, { at: AT + 2 });
    await query.publish('ConsentChanged', { channel: 'email', purpose: 'marketing', granted: true, method: 'form' }, { at: AT + 3 });
    await query.publish('Unsubscribed', { channel: 'email' }, { at: AT + 4 });
    await query.publish('DeviceRegistered', { deviceKey: query.keyOf('device', 'd1'), platform: 'ios', token: await query.sealed(ada, 'tok-1'), tokenKey: query.keyOf('device', 'tok-1') }, { at: AT + 5 });
    await query.publish('MessageSent', { message: { channel: 'email' }, attempt: 1 }, { at: AT + 6 });
    const body = await query.seen('/v1/customers/by/user/ada', 'nine events', events(9));
    expect(customerSchema.safeParse(body).error?.issues).toBeUndefined();
    const id = customerIdOf(query.keyOf(...ada));
    expect(body).toMatchObject({
      customerId: id, requested: { customerId: id, absorbed: false }, members: [id], redacted: [], incomplete: [],
      traits: { email: { value: 'ada@example.com', personal: true }, firstName: { value: 'Ada', personal: true }, plan: { value: 'gold', statedAt: '2026-03-14T12:00:00.000Z', personal: false } },
      sources: expect.arrayContaining([{ kind: 'user', key: query.keyOf(...ada), value: 'ada', firstLinkedAt: '2026-03-14T12:00:00.000Z', current: true }]),
      activity: { firstSeenAt: '2026-03-14T12:00:00.000Z', lastSeenAt: '2026-03-15T12:00:00.000Z', events: 9 },
      orders: [{ currency: 'EUR', count: 2, gross: '19.900001', cancelled: '0', returned: '9.95', adjusted: '0', net: '9.950001', firstAt: '2026-03-14T12:00:00.000Z', lastAt: '2026-03-14T12:00:00.001Z' }],
      appUsage: { opens: 1, sessions: 1, daysActive: 1, appVersion: '4.2.0' },
      engagement: [{ channel: 'email', sent: 1, unsubscribed: 1, lastSentAt: '2026-03-14T12:00:00.006Z' }],
      devices: [{ platform: 'ios', state: 'registered', pushContactPoint: query.keyOf('device', 'tok-1') }],
      contactPoints: [{ channel: 'email', contactPoint: emailKey(), address: 'ada@example.com', status: 'active', reachable: true }, { channel: 'push', address: 'tok-1', reachable: true }],
      consent: [
        { channel: 'email', purpose: '*', contactPoint: null, state: 'withdrawn' },
        { channel: 'email', purpose: 'marketing', state: 'withdrawn', statedAt: '2026-03-14T12:00:00.004Z', method: 'unsubscribe', source: 'shop', statedFor: { purpose: '*', contactPoint: null } },
      ],
      messages: { total: 0 },
    });
    expect(Object.getOwnPropertyDescriptor(body['traits'], '__proto__')?.value).toMatchObject({ value: { x: 1 }, personal: true });
    for (const path of [`/v1/customers/${id}`, `/v1/customers/${id.toUpperCase()}`, '/v1/customers/by/email/ADA@example.com']) expect((await query.get(path)).body['orders']).toEqual(body['orders']);
  });

  it('has what is personal redacted, and listed, once its key was deleted', async () => {
    const path = '/v1/customers/by/user/grace';
    await identify(['user', 'grace'], 'grace@example.com');
    await query.seen(path, 'grace', (body) => (body['traits'] as { firstName?: { value: unknown } }).firstName?.value === 'Ada');
    await query.system.pool.query('delete from vault.data_key where source_key = any($1::uuid[])', [[query.keyOf('user', 'grace'), query.keyOf('email', 'grace@example.com')]]);
    query.clock.advance(61_000);
    const { body } = await query.get(path);
    expect(body).toMatchObject({
      traits: { email: { value: null, personal: true }, firstName: { value: null }, plan: { value: 'gold' } }, contactPoints: [{ address: null, channel: 'email' }], sources: [{ value: null }, { value: null }],
    });
    expect(body['redacted']).toEqual(['/traits/email/value', '/traits/__proto__/value', '/traits/firstName/value', '/sources/0/value', '/sources/1/value', '/contactPoints/0/address']);
    expect(JSON.stringify(body)).not.toContain('grace@');
    const timeline = await query.get(`/v1/customers/${body['customerId']}/timeline?type=TraitsSet`);
    expect(timeline.body['entries']).toMatchObject([{ data: { email: null, personal: [{ name: 'firstName', value: null }, { value: null }], traits: { plan: 'gold' } }, redacted: ['/data/email', '/data/personal/0/value', '/data/personal/1/value'] }]);
  });
});

describe('a merged customer', () => {
  it('is answered for by the one that survives, over all its timelines', async () => {
    await order('b1', '10', { sources: [['user', 'ben']], at: AT });
    await order('b2', '32', { sources: [['user', 'benjamin']], at: AT + DAY });
    await query.publish('TraitsSet', { removed: [], personal: [] }, { sources: [['user', 'ben'], ['user', 'benjamin']], link: 'alias', at: AT + 2 * DAY });
    const [survivor, absorbed] = [customerIdOf(query.keyOf('user', 'ben')), customerIdOf(query.keyOf('user', 'benjamin'))];
    const body = await query.seen(`/v1/customers/${absorbed}`, 'the merge', (seen) => seen['customerId'] === survivor && (seen['activity'] as { events: number }).events === 3);
    expect(body).toMatchObject({ requested: { customerId: absorbed, absorbed: true }, members: [survivor, absorbed].sort(), orders: [{ count: 2, gross: '42', net: '42' }] });
    expect((await query.get('/v1/customers/by/user/benjamin')).body).toMatchObject({ customerId: survivor, requested: { customerId: absorbed, absorbed: true }, orders: [{ count: 2 }] });
    expect((await query.get(`/v1/customers/${survivor}`)).body).toMatchObject({ requested: { customerId: survivor, absorbed: false }, orders: [{ net: '42' }] });
    const { body: timeline } = await query.get(`/v1/customers/${absorbed}/timeline?type=OrderCompleted`);
    expect(timeline).toMatchObject({ customerId: survivor, requested: { absorbed: true }, entries: [{ customerId: absorbed, data: { orderId: 'b2' } }, { customerId: survivor, data: { orderId: 'b1' } }] });
  });
});

describe('what is not there', () => {
  it.each([
    ['/v1/customers/00000000-0000-4000-8000-000000000000', 404, 'CUSTOMER.UNKNOWN'], ['/v1/customers/00000000-0000-4000-8000-000000000000/timeline', 404, 'CUSTOMER.UNKNOWN'],
    ['/v1/customers/00000000-0000-4000-8000-000000000000/messages', 404, 'CUSTOMER.UNKNOWN'], ['/v1/customers/by/user/nobody-anna', 404, 'CUSTOMER.UNKNOWN'],
    ['/v1/customers/42', 400, 'QUERY.CUSTOMER_ID'], ['/v1/customers/by/customer/x', 400, 'QUERY.SOURCE'], ['/v1/customers/00000000-0000-4000-8000-000000000000/timeline?limit=1000', 400, 'QUERY.PARAMETER'],
    ['/v1/customers/00000000-0000-4000-8000-000000000000?expand=1', 400, 'QUERY.PARAMETER'], ['/v1/customers', 404, 'HTTP.NOT_FOUND'],
  ])('%s is a problem', async (path, status, code) => {
    const answer = await query.get(path);
    expect(answer).toMatchObject({ status, type: 'application/problem+json', body: { status, code } });
    expect(JSON.stringify(answer.body)).not.toContain('anna');
    if (code === 'CUSTOMER.UNKNOWN') expect(answer.headers.get('x-freshness-seconds')).toMatch(/^\d+(\.\d+)?$/);
  });
  it('is kept by nobody on the way, and no answer is', async () => {
    for (const path of ['/v1/customers/42', '/v1/customers/by/user/ada']) expect((await query.get(path)).headers.get('cache-control')).toBe('no-store');
    expect((await query.get('/v1/customers/by/user/ada', '')).headers.get('cache-control')).toBe('no-store');
  });
});
