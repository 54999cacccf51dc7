import { Controller, Get, Inject, Module } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Open } from './access.gate.ts';
import { createApp, type AppOptions, type HostedApp } from './app.ts';
import { defineConfig, http } from './config.ts';
import { silentLog } from './logger.ts';
import { METRICS, STOP } from './tokens.ts';
import type { Metrics } from './metrics.ts';

const events: string[] = [];
let release = () => undefined as void;

@Controller('slow')
class SlowController {
  @Get() @Open() async slow() {
    events.push('request began');
    await new Promise<void>((resolve) => { release = resolve; });
    events.push('request ended');
    return 'done';
  }
}
class Provider {
  readonly stop: (reason: unknown) => void;
  constructor(metrics: Metrics, stop: (reason: unknown) => void) {
    this.stop = stop;
    metrics.counter('spec_things', 'Things').inc(3);
  }
  onModuleDestroy() { events.push('providers destroyed'); }
}
Inject(METRICS)(Provider, undefined, 0);
Inject(STOP)(Provider, undefined, 1);
@Module({ controllers: [SlowController], providers: [Provider] })
class SlowModule {}

const strategy = () => ({
  listen: (done: () => void) => { events.push('transport listens'); done(); },
  close: async () => { events.push('transport closes'); await Promise.resolve(); },
});
const options: AppOptions = { name: 'spec-app', module: SlowModule, config: defineConfig('spec-app', http(4009)), env: { PORT: '0' }, log: silentLog, onStop: () => void events.push('onStop') };
let app: HostedApp | undefined;
const start = async (more: Partial<AppOptions> = {}) => {
  app = await createApp({ ...options, ...more });
  return { app, url: await app.start() };
};
const until = async (what: () => boolean | Promise<boolean>) => {
  for (const end = Date.now() + 20_000; !(await what()); await new Promise((resolve) => setTimeout(resolve, 5))) if (Date.now() > end) throw new Error('it did not come about');
};
afterEach(async () => {
  release();
  await app?.stop().catch(() => undefined);
  events.length = 0;
});

describe('a started app', () => {
  it('tells live from ready, and its metrics', async () => {
    const { app, url } = await start();
    const get = async (path: string) => { const answer = await fetch(url + path); return [answer.status, await answer.text()] as const; };
    const [status, body] = await get('/health');
    expect([status, JSON.parse(body)]).toEqual([200, { state: 'up', live: { state: 'up', checks: [] }, ready: { state: 'up', checks: [{ name: 'app', state: 'up', since: expect.stringMatching(/Z$/) }] } }]);
    app.health.ready.add('kafka', () => { throw Object.assign(new Error('x'), { code: 'BROKER_GONE' }); });
    expect((await get('/health/live'))[0]).toBe(200);
    const [unready, why] = await get('/health/ready');
    expect([unready, JSON.parse(why).checks[1]]).toEqual([503, { name: 'kafka', state: 'down', since: expect.anything(), code: 'BROKER_GONE' }]);
    expect((await get('/health'))[0]).toBe(503);
    const [, metrics] = await get('/metrics');
    expect(metrics.split('\n')).toContain('touchpoint_spec_things{app="spec-app"} 3');
    expect(metrics.split('\n').filter((line) => /^touchpoint_http_request_seconds_count\{.*503/.test(line))).toEqual([expect.stringContaining('/health/ready'), expect.stringContaining('/health"')]);
    expect(metrics.includes('process_cpu_seconds_total')).toBe(true);
  });
  it('is not ready before it listens', async () => {
    app = await createApp(options);
    expect((await app.app.inject({ url: '/health/ready' })).json()).toMatchObject({ state: 'down', checks: [{ name: 'app', code: 'STARTING' }] });
  });
  it('gives STOP to whoever must stop it', async () => {
    const reasons: unknown[] = [];
    app = await createApp(options, (reason) => reasons.push(reason));
    app.app.get(Provider).stop('the log was cut');
    expect(reasons).toEqual(['the log was cut']);
  });
});

describe('stopping', () => {
  it('turns not ready, drains transports and requests, and destroys providers last', async () => {
    const { app, url } = await start({ strategies: () => [strategy()] });
    const request = fetch(`${url}/slow`);
    await until(() => events.includes('request began'));
    const stopped = app.stop();
    await until(async () => !(await app.health.ready.report()).ok);
    await until(async () => fetch(`${url}/health/live`).then(() => false, () => true));
    expect(events).toEqual(['transport listens', 'request began', 'transport closes']);
    release();
    expect(await (await request).text()).toBe('done');
    await stopped;
    expect(events).toEqual(['transport listens', 'request began', 'transport closes', 'request ended', 'onStop', 'providers destroyed']);
  });
  it('gives load balancers their time: not ready, and still serving', async () => {
    const { app, url } = await start({ env: { PORT: '0', STOP_DELAY_MS: '60000', STOP_LIMIT_MS: '1000' } });
    const stopped = app.stop();
    stopped.catch(() => undefined);
    const ready = await fetch(`${url}/health/ready`);
    expect([ready.status, (await ready.json() as { checks: unknown[] }).checks[0]]).toEqual([503, expect.objectContaining({ code: 'STOPPING' })]);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    await expect(stopped).rejects.toMatchObject({ code: 'HOST.STOP_LIMIT' });
    await app.app.close();
  });
  it('happens when starting failed, too', async () => {
    const failing = { listen: () => undefined, close: async () => void events.push('transport closes') };
    await expect(createApp({ ...options, strategies: () => [failing], http: { configure: (app) => void app.getHttpAdapter().getInstance().get('/x', () => '') } })).rejects.toThrow('GET /x');
    expect(events).toEqual(['transport closes', 'onStop', 'providers destroyed']);
  });
});
