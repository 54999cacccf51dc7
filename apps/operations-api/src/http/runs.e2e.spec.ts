import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@touchpoint/testing';
import type { Run } from '../run-store.ts';
import { startOperations, type Operations } from './operations.fixture.ts';

let operations: Operations;
const call: Operations['call'] = (...asked) => operations.call(...asked);
const retry = { operation: 'parked-retry', arguments: { consumer: 'profile-projector' } };

beforeAll(async () => {
  operations = await startOperations();
});
afterAll(() => operations?.end());

describe('operations-api', () => {
  it('lets in nobody but a key with the scope operate', async () => {
    expect((await call('GET', '/v1/runs', { key: 'none' })).status).toBe(401);
    expect((await call('GET', '/v1/audit', { key: operations.keys.read })).status).toBe(403);
    expect((await call('POST', '/v1/runs', { key: operations.keys.read, body: retry })).status).toBe(403);
  });

  it('tells what can be done, and with which arguments', async () => {
    const { body } = await call('GET', '/v1/operations');
    expect(body['operations']).toContainEqual(expect.objectContaining({ name: 'parked-retry', arguments: expect.objectContaining({ required: ['consumer'] }) }));
  });

  it.each([
    [{ ...retry, apply: true }, 400, 'OPERATIONS.INVALID', '/why'],
    [{ ...retry, apply: true, why: ' \n' }, 400, 'OPERATIONS.INVALID', '/why'],
    [{ operation: 'guess' }, 400, 'OPERATIONS.UNKNOWN', undefined],
    [{ ...retry, arguments: {} }, 400, 'OPERATIONS.INVALID', '/arguments/consumer'],
    [{ ...retry, arguments: { consumer: 'x', more: 1 } }, 400, 'OPERATIONS.INVALID', '/arguments/'],
    [{ ...retry, id: 'mine' }, 400, 'OPERATIONS.INVALID', '/id'],
  ])('refuses %j', async (body, status, code, path) => {
    const answer = await call('POST', '/v1/runs', { body });
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    if (path !== undefined) expect((answer.body['errors'] as { path: string }[]).map((error) => error.path)).toContain(path);
  });

  it('does a run dry unless told otherwise, and keeps who asked and why', async () => {
    const asked = await call<Run>('POST', '/v1/runs', { body: { ...retry, why: 'to look' }, operator: 'ada' });
    expect([asked.status, asked.body.apply, asked.body.who]).toEqual([202, false, 'sre (ada)']);
    const run = await eventually('its end', async () => {
      const { body } = await call<Run>('GET', `/v1/runs/${asked.body.id}`);
      return body.state === 'done' && body;
    });
    expect(run.outcome!.summary).toBe('0 records of 0 keys would be tried again, within a second or so');
    const { body } = await call('GET', '/v1/audit');
    expect((body['entries'] as { act: string; who: string; why: string }[]).map(({ act, who, why }) => [act, who, why])).toEqual([['done', 'sre (ada)', 'to look'], ['started', 'sre (ada)', 'to look'], ['asked for', 'sre (ada)', 'to look']]);
  });

  it('has no run that nobody asked for, and stops none that has ended', async () => {
    expect((await call('GET', '/v1/runs/00000000-0000-4000-8000-000000000000')).status).toBe(404);
    const { body } = await call('GET', '/v1/runs?limit=1');
    const [{ id }] = body['runs'] as [Run];
    expect((await call('POST', `/v1/runs/${id}/stop`)).body['code']).toBe('OPERATIONS.ENDED');
    expect((await call('POST', `/v1/runs/${id}/resume`)).body['code']).toBe('OPERATIONS.NOT_STOPPED');
  });
});
