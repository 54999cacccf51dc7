import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { http, loadConfig, defineConfig } from './config.ts';
import { silentLog } from './logger.ts';
import { createTracing, noTracing, type Tracing } from './tracing.ts';

const SAMPLED = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const UNSAMPLED = SAMPLED.replace(/01$/, '00');
const definition = defineConfig('spec', http(1));
const start = (tracing: Tracing, parent?: string) => tracing.start('work', { kind: 'server', parent });

it('is off, and loads nothing, where no collector is configured', async () => expect(await createTracing('spec', loadConfig(definition, {}), silentLog)).toBe(noTracing));

describe('with a collector', () => {
  let server: Server;
  let posts: { url: string; key: string | undefined; text: string }[];
  let endpoint: string;
  const tracingWith = (env: Record<string, string> = {}) => createTracing('spec', loadConfig(definition, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20b', ...env }), silentLog);
  beforeEach(async () => {
    posts = [];
    server = createServer((request, answer) => {
      let text = '';
      request.on('data', (part: Buffer) => { text += part.toString(); }).on('end', () => {
        posts.push({ url: request.url!, key: request.headers['x-key'] as string | undefined, text });
        answer.end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('hands over what ended before it is closed, under the headers that it was given', async () => {
    const tracing = await tracingWith();
    const outer = start(tracing)!;
    const inner = tracing.start('inner', { kind: 'client', parent: outer.traceparent, attributes: { 'touchpoint.provider': 'sandbox' } })!;
    inner.end({ failed: 'none' });
    outer.end();
    await tracing.close();
    expect(posts.map(({ url, key }) => [url, key])).toEqual([['/v1/traces', 'a b']]);
    expect(inner.traceparent.slice(0, 36)).toBe(outer.traceparent.slice(0, 36));
    for (const said of [outer.traceparent.slice(36, 52), inner.traceparent.slice(36, 52), '"spec"', 'sandbox']) expect(posts[0]!.text).toContain(said);
  });
  it.each([['1', undefined, true], ['0', undefined, false], ['0', SAMPLED, true], ['1', UNSAMPLED, false], ['1', 'no traceparent', true]] as const)('with a share of %s and the parent %s: sampled is %s', async (share, parent, sampled) => {
    const tracing = await tracingWith({ OTEL_TRACES_SAMPLER_ARG: share });
    const span = start(tracing, parent);
    expect(span !== undefined).toBe(sampled);
    if (parent === SAMPLED) expect(span!.traceparent).toMatch(new RegExp(`^${SAMPLED.slice(0, 36)}(?!${SAMPLED.slice(36, 52)})[0-9a-f]{16}-01$`));
    await tracing.close();
  });
  it('ends, and goes on without it, where the collector is gone', async () => {
    const tracing = await tracingWith({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' });
    start(tracing)!.end();
    await tracing.close();
    expect(posts).toEqual([]);
  }, 20_000);
  it.each(['2', '-1', 'half', ''])('refuses the share %p, but for an empty one', (share) => {
    const load = () => loadConfig(definition, { OTEL_TRACES_SAMPLER_ARG: share });
    if (share === '') expect(load().OTEL_TRACES_SAMPLER_ARG).toBe(1);
    else expect(load).toThrow('expected a share from 0 to 1');
  });
});
