import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createApp, migrations as access, silentLog, systemClock, tableApiKeys, type HostedApp } from '@touchpoint/host';
import { projections } from '@touchpoint/profile';
import { anyTimeline, hex } from '@touchpoint/profile/testing';
import { BEHIND, dropParked, listParked, migrations as log, projectionTable, transaction } from '@touchpoint/store';
import { createTestSystem, endApp, eventually, startApp, type TestSystem } from '@touchpoint/testing';
import { operationsApp } from '../operations-app.ts';
import { migrations } from '../operations.migrations.ts';
import type { Run } from '../run-store.ts';
import { MODELS } from './read-models.ts';
import { customerOf, timelinesOn, type Timelines } from './timelines.fixture.ts';

let system: TestSystem;
let timelines: Timelines;
let operations: HostedApp;
let projectors: ChildProcess[] = [];
let key: string;
const events: Timelines['events'] = (...of) => timelines.events(...of);
const append: Timelines['append'] = (records) => timelines.append(records);
const folded: Timelines['folded'] = () => timelines.folded();
const rows = async <R>(sql: string, values: unknown[] = []): Promise<readonly R[]> => (await system.pool.query(sql, values)).rows as R[];
const ask = async (operation: string, args: object, apply = false): Promise<string> => {
  const answer = await operations.app.inject({ method: 'POST', url: '/v1/runs', headers: { authorization: `Bearer ${key}` }, payload: { id: randomUUID(), operation, arguments: args, apply, why: 'spec' } });
  if (answer.statusCode !== 202) throw new Error(answer.body);
  return (answer.json() as Run).id;
};
const ended = (id: string): Promise<Run> => eventually('the run ends', async () => {
  const run = (await operations.app.inject({ url: `/v1/runs/${id}`, headers: { authorization: `Bearer ${key}` } })).json() as Run;
  return ['done', 'failed', 'stopped'].includes(run.state) && run;
});
const run = async (operation: string, args: object, apply = false): Promise<Run> => ended(await ask(operation, args, apply));
const rowsOf = async (id: string) => ((await operations.app.inject({ url: `/v1/runs/${id}/rows`, headers: { authorization: `Bearer ${key}` } })).json() as { rows: Record<string, unknown>[] }).rows;
const equal = { different: 0, onlyLive: 0, onlyRebuilt: 0 };
const beside = () => rows<{ name: string }>("select tablename as name from pg_tables where schemaname = 'profile' and tablename like '%\\_next'");

beforeAll(async () => {
  system = await createTestSystem({ migrations: [...log, ...access, ...projections.map((projection) => projectionTable(projection).migration), ...migrations] });
  timelines = await timelinesOn(system);
  projectors = [1, 2].map(() => startApp('profile-projector', system.env));
  operations = await createApp({ ...operationsApp, env: { ...system.env, FOLD_PROCESSES: '2', LEASE_MS: '2000' }, log: silentLog });
  await operations.start();
  key = (await tableApiKeys(system.pool, systemClock).create({ name: 'sre', scopes: ['operate'] })).key;
  await append(events(1, 300));
  // One customer's event that nobody can read, and one behind it.
  const [happened] = fc.sample(anyTimeline(['OrderCompleted']).filter((timeline) => timeline.length > 0), { seed: 2, numRuns: 1 })[0]!;
  const customer = customerOf(5, happened!.recorded.customerId);
  await append([{ ...timelines.recordOf(happened!, customer), value: Buffer.from([0, 0, 0, 0, 1, 255]) }, timelines.recordOf(happened!, customer)]);
  await folded();
});
afterAll(async () => {
  await Promise.all(projectors.map((projector) => endApp(projector)));
  await operations.stop();
  await system.end();
});

describe('a rebuild (Replay equals live)', () => {
  it('comes to the rows that are live, whatever is parked; a dry run moves nothing', async () => {
    expect((await listParked(system.pool)).length).toBeGreaterThan(0);
    const dry = await run('rebuild', { models: MODELS });
    expect([dry.problem, dry.outcome?.figures]).toEqual([null, expect.objectContaining({ ...equal, models: MODELS.length })]);
    expect(await beside()).toEqual([]);
  });

  it('leaves out what an operator dropped', async () => {
    const [dropped] = (await listParked(system.pool)).filter(({ code }) => code !== BEHIND);
    await transaction(system.pool, (client) => dropParked(client, [dropped!.id], randomUUID()));
    await eventually('nothing parked', async () => (await listParked(system.pool)).length === 0);
    expect((await run('rebuild', { models: MODELS })).outcome?.figures).toMatchObject(equal);
  });

  it('moves nothing where rows differ, names whose, and takes the rebuilt ones when told to; events that come meanwhile are in them', async () => {
    const [{ customer_id: damaged, gross }] = (await rows<{ customer_id: string; gross: string }>('select customer_id, gross from profile.orders where gross is not null order by 1 limit 1')) as [{ customer_id: string; gross: string }];
    await system.pool.query('update profile.orders_v1 set gross = gross + 1 where customer_id = $1', [damaged]);
    const refused = await run('rebuild', { models: ['orders', 'profile'] }, true);
    expect([refused.state, refused.problem?.code]).toEqual(['failed', 'REBUILD.DIFFERENT']);
    expect(await rowsOf(refused.id)).toEqual([expect.objectContaining({ model: 'orders', customer: damaged })]);
    expect(await beside()).toEqual([]);

    let reads = 0;
    const failed: unknown[] = [];
    const reading = new AbortController();
    const reader = (async () => {
      while (!reading.signal.aborted) await system.pool.query('select count(*), sum(gross) from profile.orders').then(() => { reads += 1; }, (error: unknown) => { failed.push(error); });
    })();
    const writing = append(events(3, 100));
    const applied = await run('rebuild', { models: ['orders', 'profile'], acceptDifferences: true }, true);
    await writing;
    reading.abort();
    await reader;
    expect([applied.state, applied.problem, failed]).toEqual(['done', null, []]);
    expect(reads).toBeGreaterThan(0);
    expect((await rows<{ gross: string }>('select gross from profile.orders where customer_id = $1 order by order_id limit 1', [damaged])).length).toBe(1);
    expect(gross).toBeDefined();
    await folded();
    expect((await run('rebuild', { models: MODELS })).outcome?.figures).toMatchObject(equal);
  });

  it('goes back to what it replaced, brought up to date', async () => {
    await append(events(4, 50));
    await folded();
    const back = await run('rebuild', { models: ['orders'], back: true, acceptDifferences: true }, true);
    expect([back.state, back.problem]).toEqual(['done', null]);
    // What stood there was damaged; the events since then are in it all the same.
    expect(back.outcome?.figures).toMatchObject({ different: 1, onlyLive: 1, onlyRebuilt: 1 });
    const again = await run('rebuild', { models: ['orders'], acceptDifferences: true }, true);
    expect(again.outcome?.figures).toMatchObject({ different: 1, onlyLive: 1, onlyRebuilt: 1 });
    expect((await run('rebuild', { models: ['profile'], back: true })).outcome?.figures).toMatchObject(equal);
  });

  it('has nothing to go back to but once, and refuses what it does not know', async () => {
    expect((await run('rebuild', { models: ['devices'], back: true })).problem?.code).toBe('REBUILD.NO_WAY_BACK');
    await expect(ask('rebuild', { models: ['nothing'] })).rejects.toThrow('OPERATIONS.INVALID');
    await expect(ask('rebuild', {})).rejects.toThrow('OPERATIONS.INVALID');
  });

  it('of one customer mends its rows alone', async () => {
    const [{ customer_id: one }, { customer_id: other }] = (await rows<{ customer_id: string }>('select distinct customer_id from profile.orders order by 1 limit 2')) as [{ customer_id: string }, { customer_id: string }];
    await system.pool.query('update profile.activity_v1 set events = events + 100 where customer_id = any($1)', [[one, other]]);
    const dry = await run('rebuild-customers', { customers: [one] });
    expect([dry.outcome?.figures, await rowsOf(dry.id)]).toEqual([{ customers: 1, different: 1 }, [expect.objectContaining({ model: 'activity', customer: one })]]);
    expect((await run('rebuild-customers', { customers: [one] }, true)).outcome?.figures).toEqual({ customers: 1, different: 1 });
    expect((await run('rebuild-customers', { customers: [one, other] })).outcome?.figures).toEqual({ customers: 2, different: 1 });
    expect((await run('rebuild-customers', { customers: [other] }, true)).outcome?.figures).toEqual({ customers: 1, different: 1 });
    expect((await run('rebuild', { models: MODELS })).outcome?.figures).toMatchObject(equal);
  });

  it('ends the same when its process is killed, wherever that is', async () => {
    const env = { ...system.env, FOLD_PROCESSES: '2', LEASE_MS: '1000' };
    await operations.stop();
    let other = startApp('operations-api', env);
    const id = randomUUID();
    await system.pool.query(`insert into operations.run (id, operation, arguments, apply, who, why, exclusive, state) values ($1, 'rebuild', $2, true, 'spec', 'spec', 'rebuild', 'waiting')`, [id, JSON.stringify({ models: MODELS })]);
    for (let kills = 0; kills < 3; kills += 1) {
      // Each time a little further: taken up, tables made, partitions folded.
      await eventually('it is taken up', async () => (await rows<{ attempts: number; next: string }>("select attempts, (select coalesce(sum(next_offset), 0) from log.checkpoint where consumer = 'profile-projector.next') as next from operations.run where id = $1", [id]))
        .some(({ attempts, next }) => attempts > kills && (kills === 0 || Number(next) > 0)) || (await rows<{ state: string }>('select state from operations.run where id = $1', [id]))[0]!.state === 'done');
      await endApp(other, 'SIGKILL');
      other = startApp('operations-api', env);
    }
    await eventually('it is done', async () => (await rows<{ state: string; problem: unknown }>('select state, problem from operations.run where id = $1', [id])).some(({ state }) => state === 'done'));
    await endApp(other);
    operations = await createApp({ ...operationsApp, env, log: silentLog });
    await operations.start();
    await append(events(5, 20));
    await folded();
    expect((await run('rebuild', { models: MODELS })).outcome?.figures).toMatchObject(equal);
  });

  it('brings a new version of a read model to life on deploy: projectors wait for it', async () => {
    await Promise.all(projectors.map((projector) => endApp(projector)));
    // As if the release before had folded another version.
    await system.pool.query(`alter table profile.orders_v1 rename to orders_v0; create or replace view profile.orders as select * from profile.orders_v0; create table profile.orders_v1 (like profile.orders_v0 including all);
      update profile.read_model set version = 0 where name = 'orders'`);
    projectors = [1, 2].map(() => startApp('profile-projector', system.env));
    await append(events(6, 20));
    expect(await run('rebuild-customers', { customers: [customerOf(1, hex('x') as never)] })).toMatchObject({ state: 'failed', problem: { code: 'REBUILD.OTHER_VERSION' } });
    const changed = await run('rebuild', { changed: true }, true);
    expect([changed.state, changed.problem, changed.outcome?.figures['models']]).toEqual(['done', null, 1]);
    expect(await rows("select version from profile.read_model where name = 'orders'")).toEqual([{ version: 1 }]);
    await folded();
    expect((await run('rebuild', { models: MODELS })).outcome?.figures).toMatchObject(equal);
    expect((await run('rebuild', { changed: true })).outcome?.summary).toBe('No read model has changed: nothing to do');
  });
});
