import { Body, Controller, Get, Inject, Module, Param, Post } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { invalidMessage, transient } from '@touchpoint/kernel';
import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync, deflateSync } from 'node:zlib';
import { CurrentCaller, Open, Scopes } from './access.gate.ts';
import type { Caller } from './access-key.ts';
import { createApp, type AppOptions } from './app.ts';
import type { Clock } from './clock.ts';
import { defineConfig, http } from './config.ts';
import { correlation } from './correlation.ts';
import { createLogger } from './logger.ts';
import { tooManyRequests } from './problem.ts';
import { manualClock } from './testing/manual-clock.ts';
import { memoryApiKeys } from './testing/memory-api-keys.ts';
import { routeAccess } from './testing/route-access.ts';
import { API_KEYS, CLOCK } from './tokens.ts';

@Controller('v1')
@Scopes('customers:read', 'operate')
class ThingController {
  readonly #clock: Clock;
  constructor(@Inject(CLOCK) clock: Clock) {
    this.#clock = clock;
  }
  @Get('things/:id') one(@Param('id') id: string, @CurrentCaller() caller: Caller) {
    return { id, caller: caller.name, at: this.#clock.now(), correlationId: correlation()?.correlationId };
  }
  @Post('things') @Scopes('events:write') make(@Body() body: unknown) {
    return { body };
  }
  @Post('open') @Open() open(@Body() body: unknown) {
    return { body, correlationId: correlation()?.correlationId };
  }
  @Get('fails/:how') @Open() fails(@Param('how') how: string) {
    if (how === 'invalid') throw invalidMessage('THING.FORM', 'it has not the form of a thing', [{ path: 'name', code: 'missing' }]);
    if (how === 'overload') throw tooManyRequests(7);
    if (how === 'outage') throw transient('STORE.DOWN', 'for anna@shop.example');
    throw new Error('a defect that knows Anna');
  }
}

const keys = memoryApiKeys();
@Module({ controllers: [ThingController], providers: [{ provide: API_KEYS, useValue: keys }] })
class ThingModule {}

const lines: string[] = [];
const options: AppOptions = {
  name: 'spec-app',
  module: ThingModule,
  config: defineConfig('spec-app', http(4009)),
  env: { PORT: '0' },
  clock: manualClock(77),
  log: createLogger('spec-app', 'trace', { write: (line) => void lines.push(line) }),
  http: { bodyLimit: 2_000 },
};
const running: { stop(): Promise<void> }[] = [];
const hosted = async (more: Partial<AppOptions> = {}) => {
  const app = await createApp({ ...options, ...more });
  running.push(app);
  return app;
};
afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.stop()));
  lines.length = 0;
});
const bearer = async (...scopes: Parameters<typeof keys.create>[0]['scopes']) => ({ authorization: `Bearer ${(await keys.create({ name: 'shop', scopes })).key}` });
const json = { 'content-type': 'application/json' };

describe('the gate', () => {
  it('lets none through without the right key, and all through where a route is open', async () => {
    const routes = await routeAccess(await hosted(), keys);
    expect(routes.flatMap(({ problems }) => problems)).toEqual([]);
    expect(Object.fromEntries(routes.map(({ route, access }) => [route, access]))).toMatchObject({
      'GET /v1/things/:id': 'customers:read or operate', 'HEAD /v1/things/:id': 'customers:read or operate', 'POST /v1/things': 'events:write', 'POST /v1/open': 'open', 'GET /health': 'open', 'GET /metrics': 'open',
    });
  });
  it('tells the handler who called', async () => {
    const { app } = await hosted();
    const answer = await app.inject({ url: '/v1/things/7', headers: { ...(await bearer('operate')), 'x-correlation-id': 'work-0001' } });
    expect(answer.json()).toEqual({ id: '7', caller: 'shop', at: 77, correlationId: 'work-0001' });
    expect(answer.headers['x-correlation-id']).toBe('work-0001');
  });
  it('stands before the body', async () => {
    const { app } = await hosted();
    const answer = await app.inject({ method: 'POST', url: '/v1/things', headers: json, payload: 'x'.repeat(5_000) });
    expect([answer.statusCode, answer.headers['www-authenticate'], answer.headers['content-type']]).toEqual([401, expect.stringContaining('Basic'), 'application/problem+json']);
  });
  it('refuses at start a route that does not say who may call it', async () => {
    @Controller('x') class Forgetful { @Get() get() { return 1; } }
    @Module({ controllers: [Forgetful] }) class Bad {}
    await expect(createApp({ ...options, module: Bad })).rejects.toThrow('these routes say neither @Scopes(…) nor @Open(): GET /x, HEAD /x');
  });
  it('refuses at start a route of a plugin, unless its path was opened', async () => {
    const configure: NonNullable<AppOptions['http']>['configure'] = (app) => void app.getHttpAdapter().getInstance().get('/docs/json', (_request, reply) => void reply.send('{}'));
    await expect(createApp({ ...options, http: { configure } })).rejects.toThrow('GET /docs/json');
    const { app } = await hosted({ http: { configure, openPaths: ['/docs'] } });
    expect((await app.inject({ url: '/docs/json' })).statusCode).toBe(200);
  });
  it('refuses at start to ask for scopes while there are no keys', async () => {
    @Module({ controllers: [ThingController] }) class Keyless {}
    await expect(createApp({ ...options, module: Keyless })).rejects.toThrow('nothing provides API_KEYS');
  });
});

describe('an error', () => {
  it.each([
    ['/v1/fails/invalid', 400, 'THING.FORM'], ['/v1/fails/overload', 429, 'HTTP.OVERLOAD'], ['/v1/fails/outage', 503, 'STORE.DOWN'], ['/v1/fails/defect', 500, 'DEFECT'],
    ['/v1/customers/by/email/anna@shop.example', 404, 'HTTP.NOT_FOUND'], ['/v1/fails/%E0%A4%A', 400, 'HTTP.BAD_URL'], [`/v1/fails/${'x'.repeat(600)}`, 414, 'HTTP.URI_TOO_LONG'],
  ])('of %s is a problem', async (url, status, code) => {
    const { app } = await hosted();
    const answer = await app.inject({ url, headers: { 'x-correlation-id': 'work-0002' } });
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([status, 'application/problem+json']);
    expect(answer.json()).toMatchObject({ status, code, correlationId: 'work-0002' });
    expect(answer.body + lines.filter((line) => !line.includes('a defect that knows')).join('')).not.toMatch(/anna/i);
    if (status === 429) expect(answer.headers['retry-after']).toBe('7');
  });
  it('that is our fault is logged under the correlation id', async () => {
    const { app } = await hosted();
    await app.inject({ url: '/v1/fails/defect', headers: { 'x-correlation-id': 'work-0003' } });
    expect(JSON.parse(lines.find((line) => line.includes('"level":"error"'))!)).toMatchObject({ correlationId: 'work-0003', route: '/v1/fails/:how', error: { name: 'Error', frames: expect.anything() } });
  });
});

describe('a body', () => {
  const post = async (payload: string | Buffer, headers: Record<string, string> = json) => {
    const { app } = await hosted();
    const answer = await app.inject({ method: 'POST', url: '/v1/open', headers: { 'x-correlation-id': 'work-0004', ...headers }, payload });
    return { status: answer.statusCode, body: answer.json() as Record<string, unknown> };
  };
  const packed = { ...json, 'content-encoding': 'gzip' };
  it('is parsed, plain or packed, within its work', async () => {
    expect(await post('{"a":1}')).toEqual({ status: 201, body: { body: { a: 1 }, correlationId: 'work-0004' } });
    expect(await post(gzipSync('{"a":1}'), packed)).toEqual({ status: 201, body: { body: { a: 1 }, correlationId: 'work-0004' } });
  });
  it.each([
    ['not JSON', '{"Anna": x', json, 400, 'HTTP.BAD_JSON'], ['empty', '', json, 400, 'HTTP.NO_BODY'], ['with a forbidden key', '{"__proto__":{"x":1}}', json, 400, 'HTTP.BAD_JSON'],
    ['too large', `"${'x'.repeat(3_000)}"`, json, 413, 'HTTP.TOO_LARGE'], ['small, but too large unpacked', gzipSync(`"${'x'.repeat(1_000_000)}"`), packed, 413, 'HTTP.TOO_LARGE'],
    ['no gzip', '{"a":1}', packed, 400, 'HTTP.BAD_GZIP'], ['half a gzip', gzipSync('{"a":1}').subarray(0, 15), packed, 400, 'HTTP.BAD_GZIP'],
    ['packed otherwise', deflateSync('{}'), { ...json, 'content-encoding': 'deflate' }, 415, 'HTTP.ENCODING'], ['a form', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'HTTP.MEDIA_TYPE'],
  ])('that is %s is refused', async (_, payload, headers, status, code) => {
    const answer = await post(payload, headers as Record<string, string>);
    expect(answer).toMatchObject({ status, body: { code } });
    expect(JSON.stringify(answer) + lines.join('')).not.toContain('Anna');
  });
});

describe('what is not HTTP', () => {
  it.each([['nonsense\r\n\r\n', 400], [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431]])('is refused at the socket', async (text, status) => {
    const app = await hosted();
    const { port } = new URL(await app.start());
    const socket = connect(Number(port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => { answer += String(chunk); });
    socket.on('error', () => undefined);
    socket.write(text);
    await once(socket, 'close');
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} .*application/problem\\+json.*"status":${status}`, 's'));
  });
});
