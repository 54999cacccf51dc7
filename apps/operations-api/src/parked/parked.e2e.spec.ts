import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeMeta } from '@touchpoint/contracts';
import { invalidMessage, type Meta, type Sealed, type SourceKey } from '@touchpoint/kernel';
import { createMessageWriter, createRegistry, META, TOPICS, TYPE, type LogRecord } from '@touchpoint/log';
import { behind, insertParked, listParked, parkingOf, transaction, type Parking } from '@touchpoint/store';
import type { TestSystem } from '@touchpoint/testing';
import { startOperations, type Operations } from '../http/operations.fixture.ts';

let operations: Operations;
let system: TestSystem;
let identify: Buffer;
const call: Operations['call'] = (...asked) => operations.call(...asked);
const runOf: Operations['run'] = (...asked) => operations.run(...asked);

const AT = { consumer: 'profile-projector', topic: TOPICS.timeline, partition: 0 };
const SECRET = 'ada@example.org';
const meta: Meta = {
  messageId: 'm1', publisher: 'shop', occurredAt: 0, receivedAt: 1, historical: false, link: 'none', digest: '0'.repeat(32), correlationId: 'c', causationId: null,
  sources: [{ kind: 'user', key: 'ab'.repeat(16) as SourceKey, label: Buffer.from(SECRET) as Uint8Array as Sealed }],
};
const record = (offset: number, customer: string, value: Buffer, headers: LogRecord['headers'] = { [META]: encodeMeta(meta), [TYPE]: Buffer.from('TraitsSet') }): LogRecord => ({ offset, key: customer, timestamp: 5, value, headers });
const bad = (of: LogRecord, code = 'X.BAD') => parkingOf(of, invalidMessage(code, 'cannot be folded'));
const park = (...parkings: Parking[]) => transaction(system.pool, (client) => insertParked(client, AT, parkings));
const idAt = async (at: number) => (await listParked(system.pool)).find(({ offset }) => offset === at)!.id;

beforeAll(async () => {
  operations = await startOperations();
  ({ system } = operations);
  const writer = await createMessageWriter(createRegistry(system.env['SCHEMA_REGISTRY_URL']!), system.prefix, TOPICS.timeline, ['TraitsSet']);
  identify = writer.write('TraitsSet', { email: Buffer.from(SECRET) as Uint8Array as Sealed, personal: [], removed: [] });
  await park(
    bad(record(1, 'a', identify)), behind(record(2, 'a', identify)), bad(record(3, 'b', Buffer.from([0, 0, 0, 0, 1, 255])), 'X.OTHER'),
    bad(record(4, 'c', Buffer.from('junk'), { [TYPE]: Buffer.from('Nothing'), [META]: Buffer.from([9, 9]) })), behind(record(5, 'd', identify)), bad(record(6, 'e', identify)),
  );
});
afterAll(() => operations?.end());

describe('what is parked', () => {
  it('is listed page by page, by cause too', async () => {
    const { body: { parked, next } } = await call<{ parked: readonly { offset: number }[]; next: number }>('GET', '/v1/parked?limit=4');
    expect(parked.map(({ offset }) => offset)).toEqual([1, 2, 3, 4]);
    expect((await call<{ parked: readonly { offset: number }[] }>('GET', `/v1/parked?limit=4&after=${next}`)).body).toMatchObject({ parked: [{ offset: 5 }, { offset: 6 }], next: null });
    expect((await call('GET', '/v1/parked?code=X.OTHER')).body).toMatchObject({ parked: [{ offset: 3, key: 'b', state: 'parked' }] });
    expect((await call('GET', '/v1/parked/causes')).body).toMatchObject({ causes: expect.arrayContaining([{ consumer: AT.consumer, code: 'X.BAD', records: 3, keys: 3 }]) });
  });
  it('is shown decoded, and nothing personal of it', async () => {
    const { body } = await call('GET', `/v1/parked/${await idAt(1)}`);
    expect(body).toMatchObject({ code: 'X.BAD', detail: 'cannot be folded', record: { type: 'TraitsSet', problems: [], meta: { messageId: 'm1', publisher: 'shop', occurredAt: '1970-01-01T00:00:00.000Z', sources: [{ kind: 'user', key: 'ab'.repeat(16), label: '[sealed]' }] } } });
    expect(JSON.stringify(body)).toContain('[sealed]');
    expect(JSON.stringify(body)).not.toContain(SECRET);
    expect(JSON.stringify(body)).not.toContain(Buffer.from(SECRET).toString('hex'));
  });
  it('is shown as bytes where it cannot be decoded, with why', async () => {
    expect((await call('GET', `/v1/parked/${await idAt(3)}`)).body).toMatchObject({ record: { schemaId: 1, data: { undecoded: 6, begins: '0000000001ff' }, problems: [{ code: expect.stringMatching(/^(CONTRACTS|LOG)\./) }] } });
    expect((await call('GET', `/v1/parked/${await idAt(4)}`)).body).toMatchObject({ record: { type: 'Nothing', schemaId: null, meta: { undecoded: 2 }, data: { undecoded: 4, begins: '6a756e6b' }, problems: [{ code: 'CONTRACTS.UNKNOWN_META' }, { code: 'LOG.UNKNOWN_TYPE' }] } });
  });
  it('is not there under another id', async () => {
    expect((await call('GET', '/v1/parked/99999')).status).toBe(404);
    expect((await call('GET', '/v1/parked/x')).status).toBe(400);
  });
});

describe('a retry and a drop', () => {
  it('concern those of one cause, and are dry unless told otherwise', async () => {
    expect((await runOf('parked-retry', { consumer: AT.consumer, code: 'X.BAD' })).outcome!.summary).toBe('4 records of 3 keys would be tried again, within a second or so');
    expect((await runOf('parked-drop', { consumer: AT.consumer, code: 'X.BAD' })).outcome).toMatchObject({ figures: { records: 3, meanwhile: 0 } });
    expect((await listParked(system.pool)).every(({ state }) => state === 'parked')).toBe(true);
    await runOf('parked-retry', { consumer: AT.consumer, code: 'X.OTHER' }, true);
    expect((await listParked(system.pool)).filter(({ state }) => state === 'retry asked for').map(({ key: of }) => of)).toEqual(['b']);
  });
  it('name what they are about', async () => {
    expect((await call('POST', '/v1/runs', { body: { operation: 'parked-drop', arguments: { consumer: AT.consumer } } })).status).toBe(400);
  });
  it('of one customer drops what failed, and has what lies behind it tried again', async () => {
    const run = await runOf('parked-drop', { consumer: AT.consumer, key: 'a' }, true);
    expect(run.outcome!.figures).toMatchObject({ records: 1 });
    expect((await listParked(system.pool, { key: 'a' })).map(({ offset, state }) => [offset, state])).toEqual([[1, 'dropped'], [2, 'retry asked for']]);
    expect((await call('GET', `/v1/runs/${run.id}/rows`)).body).toMatchObject({ rows: [{ topic: AT.topic, partition: 0, offset: 1, key: 'a', code: 'X.BAD' }] });
    expect((await call('GET', '/v1/parked/dropped')).body).toMatchObject({ dropped: [{ offset: 1, code: 'X.BAD', runId: run.id }] });
    expect((await call('GET', `/v1/parked/${await idAt(1)}`)).body).toMatchObject({ state: 'dropped', record: null });
  });
  it('of one cause drops all of it, once', async () => {
    expect((await runOf('parked-drop', { consumer: AT.consumer, code: 'X.BAD' }, true)).outcome!.figures).toMatchObject({ records: 2 });
    expect((await runOf('parked-drop', { consumer: AT.consumer, code: 'X.BAD' }, true)).outcome!.figures).toMatchObject({ records: 0 });
    const { body } = await call<{ entries: readonly { act: string; detail: { result?: { figures: object } } }[] }>('GET', '/v1/audit?operation=parked-drop');
    expect(body.entries.filter(({ act }) => act === 'done').map(({ detail }) => (detail.result!.figures as { records: number }).records)).toEqual([0, 2, 1, 3]);
  });
});
