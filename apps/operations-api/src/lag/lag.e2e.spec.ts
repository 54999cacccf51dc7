import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TOPICS, type OutRecord } from '@touchpoint/log';
import { eventually, type TestSystem } from '@touchpoint/testing';
import { startOperations, type Operations } from '../http/operations.fixture.ts';
import type { LagAnswer } from './lag-watch.ts';

let operations: Operations;
let system: TestSystem;
const get = <T>(url: string, key = operations.keys.operate) => operations.call<T>('GET', url, { key });
const lagOf = async (consumer: string) => (await get<LagAnswer>('/v1/lag')).body.consumers.find((one) => one.consumer === consumer)!;
const records = (topic: string, partition: number, count: number): readonly OutRecord[] => Array.from({ length: count }, () => ({ topic: system.prefix + topic, partition, key: 'k', value: Buffer.from('v'), headers: {} }));
const stand = (consumer: string, topic: string, partition: number, next: number) => system.pool.query(
  'insert into log.checkpoint (consumer, topic, partition, next_offset) values ($1, $2, $3, $4) on conflict (consumer, topic, partition) do update set next_offset = excluded.next_offset', [consumer, topic, partition, next]);

beforeAll(async () => {
  operations = await startOperations({ partitions: 2 });
  ({ system } = operations);
});
afterAll(() => operations?.end());

describe('the lag, while no worker runs', () => {
  it('is shown to operators only', async () => {
    expect((await get('/v1/lag', operations.keys.read)).status).toBe(403);
    expect((await get('/v1/topics', operations.keys.read)).status).toBe(403);
  });
  it('is none on an empty log, for every consumer of an app', async () => {
    const { body } = await get<LagAnswer>('/v1/lag');
    expect(body.verdict).toBe('ok');
    expect(body.consumers.map(({ consumer, topic, records: of, partitions }) => [consumer, topic, of, partitions.length])).toEqual([
      ['identity-resolver', TOPICS.received, 0, 2], ['profile-projector', TOPICS.timeline, 0, 2], ['channel-orchestrator', TOPICS.timeline, 0, 2], ['delivery-service', TOPICS.commands, 0, 2], ['delivery-service', TOPICS.urgentCommands, 0, 2]]);
  });
  it('is told in records and in the age of the oldest, and is growing though nothing is added', async () => {
    await system.appender.append([...records(TOPICS.timeline, 0, 10), ...records(TOPICS.timeline, 1, 5)]);
    await stand('channel-orchestrator', TOPICS.timeline, 0, 10);
    await stand('channel-orchestrator', TOPICS.timeline, 1, 5);
    await stand('profile-projector', TOPICS.timeline, 0, 7);
    const grown = await eventually('that it grows', async () => {
      const { body } = await get<LagAnswer>('/v1/lag');
      return body.verdict === 'growing' && body;
    });
    const projector = grown.consumers.find(({ consumer }) => consumer === 'profile-projector')!;
    expect(projector).toMatchObject({ records: 8, trend: 'growing', verdict: 'growing', partitions: [{ partition: 0, next: 7, end: 10, records: 3, trend: 'growing' }, { partition: 1, next: 0, records: 5, trend: 'growing' }] });
    expect(projector.seconds).toBeGreaterThan(1);
    expect(grown.consumers.find(({ consumer }) => consumer === 'channel-orchestrator')).toMatchObject({ records: 0, seconds: 0, verdict: 'ok' });
  });
  it('counts what the resolver committed and may not have sent, and tells what waits to be sent and is parked', async () => {
    await system.appender.append(records(TOPICS.received, 0, 4));
    await stand('identity-resolver', TOPICS.received, 0, 4);
    await system.pool.query(`insert into log.pending (consumer, topic, partition, id, payload, committed_at) values ('identity-resolver', $1, 0, 1, '', now() - interval '90 s')`, [TOPICS.received]);
    await system.pool.query(`insert into log.parked (consumer, topic, partition, "offset", key, code, detail, record, recorded_at) values ('identity-resolver', $1, 0, 0, 'k', 'X.BAD', '', '', 0)`, [TOPICS.received]);
    const lag = await eventually('a look behind that', async () => {
      const now = await lagOf('identity-resolver');
      return now.records === 3 && now;
    });
    expect(lag).toMatchObject({ ours: true, pending: { count: 1 }, parked: [{ code: 'X.BAD', records: 1, keys: 1 }] });
    expect(lag.pending.oldestSeconds).toBeGreaterThanOrEqual(90);
  });
  it('of a consumer of no app is shown, and alarms nobody', async () => {
    await stand('gone', TOPICS.commands, 0, 0);
    await system.appender.append(records(TOPICS.commands, 0, 2));
    expect(await eventually('it', async () => { const found = await lagOf('gone'); return found?.records === 2 && found; })).toMatchObject({ ours: false });
  });
  it('falls, and is ok, once it is worked off', async () => {
    for (const [partition, next] of [[0, 10], [1, 5]] as const) await stand('profile-projector', TOPICS.timeline, partition, next);
    expect(await eventually('nothing left', async () => { const now = await lagOf('profile-projector'); return now.records === 0 && now; })).toMatchObject({ trend: 'falling', verdict: 'ok', seconds: 0 });
  });
  it('is told by metrics too', async () => {
    expect(await operations.metrics()).toMatch(/touchpoint_lag_records\{consumer="identity-resolver",topic="touchpoints.received",app="operations-api"\} 3/);
  });
});

describe('the topics', () => {
  it('are told with what they hold, since when, partition by partition', async () => {
    const { body } = await get<{ topics: readonly { name: string; partitions: number; records: number; oldest: string | null; each: readonly object[] }[] }>('/v1/topics');
    const timeline = body.topics.find(({ name }) => name.endsWith(TOPICS.timeline))!;
    expect(timeline).toMatchObject({ name: system.prefix + TOPICS.timeline, partitions: 2, records: 15, each: [{ partition: 0, begin: 0, end: 10, records: 10 }, { partition: 1, end: 5 }] });
    expect(Date.parse(timeline.oldest!)).toBeGreaterThan(Date.now() - 600_000);
    expect(body.topics.find(({ name }) => name.endsWith(TOPICS.urgentCommands))).toMatchObject({ records: 0, oldest: null });
  });
});
