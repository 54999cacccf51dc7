import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { once } from 'node:events';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { CONFIG, defaultOf, silentLog } from '@touchpoint/host';
import { APPENDER, createAppender, createKafka, kafkaProducers, TOPICS } from '@touchpoint/log';
import { eventually } from '@touchpoint/testing';
import { AppModule } from './app.module.ts';
import { config, type IngestConfig } from './config.ts';
import { basic, startIngest, type Ingest } from './ingest.fixture.ts';

/** The same module, but its appender speaks with another broker than it learned its topics from. */
const moduleWithBroker = (broker: string) => {
  class OtherBroker {}
  Module({
    controllers: Reflect.getMetadata('controllers', AppModule) as [],
    providers: [
      ...(Reflect.getMetadata('providers', AppModule) as []),
      {
        provide: APPENDER, inject: [CONFIG],
        useFactory: ({ ANSWER_LIMIT_MS, MAX_PENDING_BYTES }: IngestConfig) =>
          createAppender(kafkaProducers(createKafka({ brokers: [broker], clientId: 'spec', log: silentLog })), { log: silentLog, deadlineMs: ANSWER_LIMIT_MS, sendTimeoutMs: ANSWER_LIMIT_MS, maxPendingBytes: MAX_PENDING_BYTES }),
      },
    ],
  })(OtherBroker);
  return OtherBroker;
};

let number = 0;
const event = (size = 10) => ({ type: 'track', event: 'X', userId: `u-${++number}`, messageId: `m-${number}`, properties: { a: 'x'.repeat(size) } });
const batch = (count: number, size = 10_000) => ({ batch: Array.from({ length: count }, () => event(size)) });

/** Sends headers and a part of a body, and holds. */
const holding = (url: string, key: string, length: number): ClientRequest => {
  const held = request(`${url}/v1/batch`, { method: 'POST', headers: { authorization: basic(key), 'content-type': 'application/json', 'content-length': length } });
  held.on('error', () => undefined);
  held.write(' '.repeat(100));
  return held;
};
const inFlight = async (ingest: Ingest) => Number(/touchpoint_ingest_in_flight_bytes\{.*\} (\d+)/.exec(await (await fetch(`${ingest.url}/metrics`)).text())![1]);

describe('Overload is refused, not absorbed: when more comes than is answered', () => {
  let ingest: Ingest;
  beforeAll(async () => { ingest = await startIngest({ env: { MAX_IN_FLIGHT_BYTES: '200000' } }); });
  afterAll(() => ingest.end());

  it('refuses with 429 and says when to come again, and takes again once there is room', async () => {
    const first = batch(10);
    const text = JSON.stringify(first);
    const held = holding(ingest.url, ingest.writeKey, text.length + 100);
    await eventually('the first request to be let in', async () => (await inFlight(ingest)) > 100_000);
    const refused = await ingest.post('/v1/batch', batch(10));
    expect(refused).toMatchObject({ status: 429, type: 'application/problem+json', body: { code: 'INGEST.OVERLOAD' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    const answered = once(held, 'response') as Promise<[IncomingMessage]>;
    held.end(text);
    expect((await answered)[0].statusCode).toBe(200);
    await eventually('room again', async () => (await inFlight(ingest)) === 0);
    expect(await ingest.post('/v1/batch', batch(10))).toMatchObject({ status: 200 });
  });
  it('has room again when a sender went away', async () => {
    const held = holding(ingest.url, ingest.writeKey, 150_000);
    await eventually('it to be let in', async () => (await inFlight(ingest)) > 100_000);
    held.destroy();
    await eventually('room again', async () => (await inFlight(ingest)) === 0);
  });
  it('takes one request alone, however large its key allows', async () => expect(await ingest.post('/v1/batch', batch(40))).toMatchObject({ status: 200 }));
});

describe('Acknowledged is kept: when the broker is gone', () => {
  it('is known within five seconds: all that a request waits for has one limit together', () => {
    expect(Number(defaultOf(config.keys.ANSWER_LIMIT_MS))).toBeLessThan(5_000);
  });

  let ingest: Ingest | undefined;
  let silent: Server | undefined;
  const sockets = new Set<Socket>();
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    silent?.close();
    await ingest?.end();
  });

  const silentBroker = async (): Promise<string> => {
    silent = createServer((socket) => void sockets.add(socket));
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    return `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  };

  it.each([['unreachable', () => Promise.resolve('127.0.0.1:1')], ['silent', silentBroker]])('answers 503 where it is %s, and 429 once too much waits', async (_, broker) => {
    ingest = await startIngest({ module: moduleWithBroker(await broker()), env: { MAX_PENDING_BYTES: '100000' } });
    const waiting = ingest.post('/v1/batch', batch(9));
    await eventually('the first to wait', async () => /touchpoint_ingest_pending_bytes\{.*\} [1-9]/.test(await (await fetch(`${ingest!.url}/metrics`)).text()));
    expect(await ingest.post('/v1/batch', batch(9))).toMatchObject({ status: 429, body: { code: 'INGEST.OVERLOAD' } });
    const answer = await waiting;
    expect(answer).toMatchObject({ status: 503, type: 'application/problem+json', body: { code: 'LOG.UNAVAILABLE' } });
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await ingest.system.readAll(TOPICS.received)).toEqual([]);
  });
});
