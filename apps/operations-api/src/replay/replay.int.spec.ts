import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { partitionOf, type CustomerId } from '@touchpoint/kernel';
import { projections } from '@touchpoint/profile';
import { projectionTable } from '@touchpoint/store';
import { endApp, eventually, startApp, type TestSystem } from '@touchpoint/testing';
import { startOperations, type Operations } from '../http/operations.fixture.ts';
import { MODELS } from '../rebuild/read-models.ts';
import { timelinesOn, type Timelines } from '../rebuild/timelines.fixture.ts';
import type { Run } from '../run-store.ts';

let operations: Operations;
let system: TestSystem;
let timelines: Timelines;
let projectors: ChildProcess[] = [];
/** When everything of the first day was on the log. */
let noon: string;

type Row = Readonly<Record<string, string | number | null>>;
const rows = async <R>(sql: string, values: unknown[] = []): Promise<readonly R[]> => (await system.pool.query(sql, values)).rows as R[];
const replay = (args: object, apply = false): Promise<Run> => operations.run('replay', { consumer: 'profile-projector', ...args }, apply);
const undo = (run: string, apply = false): Promise<Run> => operations.run('replay-undo', { run }, apply);
const rowsOf = async ({ id }: Run): Promise<readonly Row[]> => (await operations.call<{ rows: Row[] }>('GET', `/v1/runs/${id}/rows`)).body.rows;
const eventsOf = async (customer: string): Promise<number> => Number((await rows<{ events: string }>('select events from profile.activity where customer_id = $1', [customer]))[0]!.events);
const spoil = (...customers: readonly string[]) => system.pool.query('update profile.activity_v1 set events = events + 100 where customer_id = any($1)', [customers]);
const planOf = (found: readonly Row[]) => found.map(({ topic, partition, from, to, witness }) => ({ topic, partition, from, to, witness }));

beforeAll(async () => {
  operations = await startOperations({ migrations: projections.map((projection) => projectionTable(projection).migration) });
  ({ system } = operations);
  timelines = await timelinesOn(system);
  projectors = [1, 2].map(() => startApp('profile-projector', system.env));
  await timelines.append(timelines.events(1, 60));
  await timelines.folded();
  // Time stamps have a millisecond: what comes now is later.
  const before = Date.now();
  await eventually('the next millisecond', () => Date.now() > before + 1);
  noon = new Date(before + 1).toISOString();
  await timelines.append(timelines.events(2, 6));
  await timelines.folded();
});
afterAll(async () => {
  await Promise.all(projectors.map((projector) => endApp(projector)));
  await operations?.end();
});

/** Two customers of one partition: one has an event since noon, the other has none. */
const late = async (): Promise<readonly [CustomerId, CustomerId]> => {
  const all = await system.readAll('customers.timeline');
  const [then, since] = [new Set<string>(), new Set<string>()];
  for (const { key, timestamp } of all) (timestamp >= Date.parse(noon) ? since : then).add(key);
  const one = [...since].find((key) => then.has(key))!;
  const other = [...then].find((key) => !since.has(key) && partitionOf(key as CustomerId, system.partitions) === partitionOf(one as CustomerId, system.partitions))!;
  return [one, other] as unknown as readonly [CustomerId, CustomerId];
};

describe('a replay, dry', () => {
  it('is a plan: what lies in a range, partition by partition', async () => {
    const all = await system.readAll('customers.timeline');
    const whole = await replay({ from: 'begin' });
    expect([whole.problem, whole.outcome?.figures]).toEqual([null, { records: all.length, customers: new Set(all.map(({ key }) => key)).size, partitions: new Set(all.map(({ partition }) => partition)).size }]);
    const since = all.filter(({ timestamp }) => timestamp >= Date.parse(noon));
    const plan = await rowsOf(await replay({ from: noon }));
    expect(plan.map(({ partition, records, customers }) => [partition, records, customers])).toEqual([...Map.groupBy(since, ({ partition }) => partition)].sort(([a], [b]) => a - b).map(([partition, theirs]) => [partition, theirs.length, new Set(theirs.map(({ key }) => key)).size]));
    const { partition, offset, key } = since.at(-1)!;
    expect((await replay({ from: `${partition}@${offset}`, partitions: [partition] })).outcome?.figures).toEqual({ records: 1, customers: 1, partitions: 1 });
    expect((await replay({ from: '99999999' })).outcome?.figures).toEqual({ records: 0, customers: 0, partitions: 0 });
    expect((await replay({ from: 'begin', customer: key })).outcome?.figures).toEqual({ records: all.filter((record) => record.key === key).length, customers: 1, partitions: 1 });
  });

  it.each<[object, string]>([
    [{ consumer: 'delivery-service', from: 'begin' }, 'REPLAY.CONSUMER'], [{ from: 'yesterday' }, 'REPLAY.POSITION'], [{ from: '0@99999999' }, 'REPLAY.NO_EVENT'], [{ from: 'end', to: 'begin' }, 'REPLAY.BACKWARDS'],
    [{ from: 'begin', partitions: [4_711] }, 'REPLAY.PARTITION'], [{ plan: [{ topic: 'another', partition: 0, from: 0, to: 1, witness: '0:x' }] }, 'REPLAY.PLAN'],
  ])('refuses %j', async (args, code) => expect(await replay(args)).toMatchObject({ state: 'failed', problem: { code } }));

  it('refuses a plan that the log does not fit any more', async () => {
    const [range] = planOf(await rowsOf(await replay({ from: 'begin' })));
    const other = await replay({ plan: [{ ...range, witness: `${String(range!.witness).split(':')[0]}:1-00` }] });
    expect(other.problem).toMatchObject({ code: 'REPLAY.OTHER_LOG', message: expect.stringContaining('Make a new plan') });
    expect((await replay({ plan: [{ ...range, witness: '=cmd()' }] })).problem?.code).toBe('REPLAY.PLAN');
    expect((await replay({ plan: [{ ...range, to: 99_999_999 }] })).problem?.code).toBe('REPLAY.BEYOND');
  });
});

describe('a plan that is given back', () => {
  it('mends the rows of those that it is about, and of nobody else; undone, they stand as they did, with what came since', async () => {
    const [one, other] = await late();
    const [right, others] = [await eventsOf(one), await eventsOf(other)];
    await spoil(one, other);
    const plan = planOf(await rowsOf(await replay({ from: noon })));
    const dry = await replay({ plan });
    expect([dry.outcome?.figures['different'], await rowsOf(dry), await eventsOf(one)]).toEqual([1, [expect.objectContaining({ model: 'activity', customer: one })], right + 100]);

    const applied = await replay({ plan, rate: 1_000_000 }, true);
    expect([applied.problem, applied.outcome?.figures['different']]).toEqual([null, 1]);
    expect([await eventsOf(one), await eventsOf(other)]).toEqual([right, others + 100]);
    expect(applied.outcome?.summary).toContain(`replay undo ${applied.id}`);

    await timelines.append(timelines.events(3, 3, one));
    await timelines.folded();
    const since = (await eventsOf(one)) - right;
    expect(since).toBeGreaterThan(0);
    expect((await undo(applied.id)).outcome?.figures).toEqual({ undone: 1 });
    expect(await eventsOf(one)).toBe(right + since);
    const undone = await undo(applied.id, true);
    expect([undone.problem, undone.outcome?.figures]).toEqual([null, { undone: 1 }]);
    expect(await eventsOf(one)).toBe(right + 100 + since);
    expect((await undo(applied.id)).problem?.code).toBe('REPLAY.NOTHING_KEPT');
    await replay({ from: 'begin' }, true);
    expect([await eventsOf(one), await eventsOf(other)]).toEqual([right + since, others]);
    expect((await operations.run('rebuild', { models: MODELS })).outcome?.figures).toMatchObject({ different: 0 });
  });
});

describe('what a replay has replaced', () => {
  it('is not put back over what was replaced since: the last one is undone first', async () => {
    const [one] = await late();
    const right = await eventsOf(one);
    const mended = async (): Promise<Run> => {
      await spoil(one);
      return replay({ from: 'begin', customer: one }, true);
    };
    const [first, second] = [await mended(), await mended()];
    expect((await undo(first.id, true)).problem).toMatchObject({ code: 'REPLAY.REPLACED_SINCE', message: expect.stringContaining(second.id) });
    expect([await eventsOf(one), (await undo(second.id, true)).state, await eventsOf(one), (await undo(first.id, true)).state, await eventsOf(one)]).toEqual([right, 'done', right + 100, 'done', right + 100]);
    const third = await replay({ from: 'begin', customer: one }, true);
    await spoil(one);
    await operations.run('rebuild-customers', { customers: [one] }, true);
    expect((await undo(third.id)).problem?.code).toBe('REPLAY.REPLACED_SINCE');
    expect(await eventsOf(one)).toBe(right);
  });

  it('comes back with what was parked then, and has been folded since', async () => {
    const [one] = await late();
    const right = await eventsOf(one);
    const parked = async () => (await rows<{ offset: string; code: string }>("select \"offset\", code from log.parked where consumer = 'profile-projector' order by 1")).map(({ code }) => code);
    const [unreadable, behind] = timelines.events(4, 5, one);
    await timelines.append([{ ...unreadable!, value: Buffer.from([0, 0, 0, 0, 1, 255]) }, behind!]);
    await eventually('both are parked', async () => (await parked()).length === 2);
    await spoil(one);
    const run = await replay({ from: 'begin', customer: one }, true);
    expect([run.problem, await eventsOf(one)]).toEqual([null, right]);
    await operations.run('parked-drop', { consumer: 'profile-projector', key: one, code: (await parked())[0] }, true);
    await eventually('what lay behind is folded', async () => (await parked()).length === 0 && (await eventsOf(one)) === right + 1);
    expect((await undo(run.id, true)).problem).toBeNull();
    expect(await eventsOf(one)).toBe(right + 100 + 1);
    await replay({ from: 'begin', customer: one }, true);
    expect(await eventsOf(one)).toBe(right + 1);
  });

  it('is not put back over what a rebuild of customers had done before it was stopped', async () => {
    const [one] = await late();
    await spoil(one);
    const run = await replay({ from: 'begin', customer: one }, true);
    const stopped = randomUUID();
    await system.pool.query(`insert into operations.run (id, operation, arguments, apply, who, why, state, started_at, ended_at) values ($1, 'rebuild-customers', '{}', true, 'spec', 'spec', 'stopped', now() - interval '1 day', now())`, [stopped]);
    expect((await undo(run.id)).problem).toMatchObject({ code: 'REPLAY.REPLACED_SINCE', message: expect.stringContaining(stopped) });
    await system.pool.query('delete from operations.run where id = $1', [stopped]);
    expect((await undo(run.id)).state).toBe('done');
    await system.pool.query('delete from operations.replaced where run_id = $1', [run.id]);
  });

  it('is gone with the days that it is kept for', async () => {
    const [one] = await late();
    await spoil(one);
    const run = await replay({ from: 'begin', customer: one }, true);
    await system.pool.query("update operations.replaced set at = at - interval '31 days'");
    await replay({ from: 'begin', customer: one }, true);
    expect(await rows('select from operations.replaced_row')).toEqual([]);
    expect((await undo(run.id)).problem?.code).toBe('REPLAY.NOTHING_KEPT');
  });

  it('is one with what stands, wherever its process is killed', async () => {
    const customers = (await rows<{ customer_id: string }>('select customer_id from profile.activity order by 1')).map(({ customer_id }) => customer_id);
    const all = async () => new Map((await rows<{ customer_id: string; events: string }>('select customer_id, events from profile.activity')).map(({ customer_id, events }) => [customer_id, Number(events)]));
    const right = await all();
    await spoil(...customers);
    await operations.end({ keepSystem: true });
    const id = randomUUID();
    await system.pool.query(`insert into operations.run (id, operation, arguments, apply, who, why, exclusive, state) values ($1, 'replay', $2, true, 'spec', 'spec', 'rebuild', 'waiting')`, [id, JSON.stringify({ consumer: 'profile-projector', from: 'begin', rate: 3_000 })]);
    const env = { ...system.env, LEASE_MS: '1000' };
    const state = async () => (await rows<{ state: string; attempts: number; done: number | null }>("select state, attempts, (cursor->>'done')::int as done from operations.run where id = $1", [id]))[0]!;
    for (let kills = 0; kills < 3; kills += 1) {
      const other = startApp('operations-api', env);
      // Taken up, then a partition further each time.
      await eventually('it goes on', async () => { const { state: now, attempts, done } = await state(); return now === 'done' || (attempts > kills && (done ?? 0) >= kills); });
      await endApp(other, 'SIGKILL');
    }
    const last = startApp('operations-api', env);
    await eventually('it is done', async () => (await state()).state === 'done');
    await endApp(last);
    expect(await all()).toEqual(right);
    const kept = await rows<{ customer_id: string; was: number }>("select customer_id::text, (rows->0->>'events')::int as was from operations.replaced_row where run_id = $1 and model = 'activity' order by 1", [id]);
    expect(kept).toEqual(customers.map((customer_id) => ({ customer_id, was: right.get(customer_id)! + 100 })));
  });
});
