import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { keyOf, startIngest, type Ingest } from './ingest.fixture.ts';

let ingest: Ingest;
beforeAll(async () => { ingest = await startIngest(); });
afterAll(() => ingest.end());

const PATH = '/v1/cloudevents';
const STRUCTURED = { 'content-type': 'application/cloudevents+json; charset=utf-8' };
const BATCHED = { 'content-type': 'application/cloudevents-batch+json' };
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const event = (id: string, more: object = {}) => ({ specversion: '1.0', id, source: '/shop', type: 'com.touchpoint.StoreVisited', subject: 'user:ce-1', time: new Date().toISOString(), data: { store_id: 's' }, ...more });
const seen = async (messageId: string) => (await ingest.received()).filter(({ meta }) => meta.messageId === messageId);

describe('a CloudEvent', () => {
  it('is taken in structured form', async () => {
    expect(await ingest.post(PATH, event('1', { traceparent: TRACE }), { headers: STRUCTURED })).toMatchObject({ status: 200, body: { success: true } });
    expect(await seen('/shop 1')).toMatchObject([{ type: 'StoreVisited', key: keyOf(ingest.system)('user', 'ce-1'), data: { storeId: 's' }, traceparent: TRACE }]);
  });
  it('is taken in binary form, with names in percent-encoding', async () => {
    const headers = { 'ce-specversion': '1.0', 'ce-id': '2', 'ce-source': '/shop', 'ce-type': 'com.shop.Caf%C3%A9Visited', 'ce-subject': 'email:Anna@Example.com', 'ce-time': new Date().toISOString() };
    expect(await ingest.post(PATH, { table: 5 }, { headers })).toMatchObject({ status: 200 });
    expect(await seen('/shop 2')).toMatchObject([{ type: 'Tracked', key: keyOf(ingest.system)('email', 'anna@example.com'), data: { name: 'com.shop.CaféVisited', properties: '{"table":5}' } }]);
  });
  it('is taken in binary form without data', async () => {
    const response = await fetch(ingest.url + PATH, { method: 'POST', headers: { authorization: `Bearer ${ingest.writeKey}`, 'ce-specversion': '1.0', 'ce-id': '3', 'ce-source': '/shop', 'ce-type': 'Ping', 'ce-subject': 'device:d' } });
    expect([response.status, await response.json()]).toEqual([200, { success: true }]);
    expect(await seen('/shop 3')).toMatchObject([{ data: { name: 'Ping', properties: null } }]);
  });
  it('is taken in a batch, whose bad members are named', async () => {
    const answer = await ingest.post(PATH, [event('4'), event('5', { subject: 'customer:1' }), event('6', { traceparent: TRACE })], { headers: BATCHED });
    expect(answer).toMatchObject({ status: 200, body: { success: true, taken: 2, rejected: [{ index: 1, messageId: '5', code: 'INTAKE.FORBIDDEN_SOURCE', errors: [{ path: 'subject' }] }] } });
    expect([(await seen('/shop 4'))[0]!.traceparent, (await seen('/shop 6'))[0]!.traceparent]).toEqual([undefined, TRACE]);
  });
  it.each([
    ['another version', event('7', { specversion: '0.3' }), STRUCTURED, 'INTAKE.BAD_CLOUDEVENT'],
    ['wrong data', event('7', { data: { store_id: {} } }), STRUCTURED, 'INTAKE.WRONG_TYPE'],
    ['no attributes', { a: 1 }, {}, 'INTAKE.INVALID'],
    ['an empty batch', [], BATCHED, 'INGEST.NO_BATCH'],
    ['a batch that is none', event('7'), BATCHED, 'INGEST.NO_BATCH'],
    ['bad JSON', '{', STRUCTURED, 'HTTP.BAD_JSON'],
  ])('with %s is refused', async (_, body, headers, code) => expect(await ingest.post(PATH, body, { headers })).toMatchObject({ status: 400, type: 'application/problem+json', body: { code } }));
  it('is no larger than an event may be', async () => {
    expect(await ingest.post(PATH, event('8', { data: { a: 'x'.repeat(33_000) } }), { headers: STRUCTURED })).toMatchObject({ status: 413 });
    expect(await ingest.post(PATH, [event('8', { data: { a: 'x'.repeat(33_000) } }), event('9')], { headers: BATCHED })).toMatchObject({ status: 200, body: { rejected: [{ index: 0, code: 'INGEST.EVENT_TOO_LARGE' }] } });
  });
});
