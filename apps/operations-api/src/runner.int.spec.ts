import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';
import { createMetrics, silentLog } from '@touchpoint/host';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { transient } from '@touchpoint/kernel';
import { eventually } from '@touchpoint/testing';
import type { Operation, Outcome, Running } from './operation.ts';
import { migrations } from './operations.migrations.ts';
import { RunStore, type NewRun } from './run-store.ts';
import { Runner } from './runner.ts';

/** Longer than a host may stand still. */
const LEASE_MS = 30_000;
const SHORT_LEASE_MS = 1_000;
let database: FreshDatabase;
let runners: Runner[] = [];
let work: (args: { nth: number }, running: Running) => Promise<Outcome>;

const counting = (exclusive?: string): Operation<{ nth: number }> => ({
  name: exclusive ?? 'count', says: 'counts', arguments: z.object({ nth: z.number() }), ...(exclusive !== undefined && { exclusive }), run: (args, running) => work(args, running),
});
const operations = [counting(), counting('alone')] as unknown as readonly Operation[];
const store = (leaseMs = LEASE_MS) => new RunStore(database.pool as never, leaseMs);
const startRunner = (leaseMs?: number): Runner => {
  const runner = new Runner(store(leaseMs), operations, silentLog, createMetrics('operations-api'));
  runner.start();
  runners.push(runner);
  return runner;
};
const asked = (nth: number, more: Partial<NewRun> = {}) => store().ask({ operation: 'count', arguments: { nth }, apply: true, who: 'spec', why: 'to see', exclusive: more.operation === 'alone' ? 'alone' : null, ...more });
const ended = (id: string, state: string) => eventually(`run ${state}`, async () => {
  const run = await store().get(id);
  return run?.state === state && run;
});
const done = (summary = 'counted'): Outcome => ({ summary, figures: {} });

beforeAll(async () => { database = await freshDatabase(process.env['DATABASE_URL'], migrations); });
afterEach(async () => {
  await Promise.all(runners.map((runner) => runner.close()));
  runners = [];
});
afterAll(() => database.drop());

describe('two runners', () => {
  it('do each run once', async () => {
    const seen: number[] = [];
    work = async ({ nth }) => { seen.push(nth); return done(`did ${nth}`); };
    const runs = await Promise.all(Array.from({ length: 20 }, (_, nth) => asked(nth)));
    startRunner();
    startRunner();
    for (const { id } of runs) await ended(id, 'done');
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, nth) => nth));
    expect((await store().get(runs[7]!.id))!.outcome).toEqual(done('did 7'));
  });

  it('do what excludes each other one after another', async () => {
    let at = 0;
    let most = 0;
    work = async () => {
      most = Math.max(most, (at += 1));
      await database.pool.query('select');
      at -= 1;
      return done();
    };
    const runs = await Promise.all(Array.from({ length: 6 }, (_, nth) => asked(nth, { operation: 'alone' })));
    startRunner();
    startRunner();
    for (const { id } of runs) await ended(id, 'done');
    expect(most).toBe(1);
  });
});

describe('a run', () => {
  it('asked for twice under one id is one run', async () => {
    work = async () => done();
    const id = '00000000-0000-4000-8000-000000000001';
    await asked(1, { id });
    expect((await asked(2, { id })).arguments).toEqual({ nth: 1 });
    startRunner();
    await ended(id, 'done');
  });

  it('goes on where it stood, elsewhere, when its process is gone; the one that comes back keeps nothing', async () => {
    const gone = store(SHORT_LEASE_MS);
    const { id } = await asked(1);
    expect((await gone.claim())!.id).toBe(id);
    await gone.keep(id, { at: 3 }, [{ n: 1 }], database.pool as never);
    let resumed: unknown;
    work = async (_, running) => { ({ resumed } = running); return done(); };
    startRunner();
    await ended(id, 'done');
    expect(resumed).toEqual({ at: 3 });
    await expect(gone.keep(id, { at: 4 }, [], database.pool as never)).rejects.toMatchObject({ kind: 'Fenced' });
    await expect(gone.done(id, done())).rejects.toMatchObject({ kind: 'Fenced' });
    expect(await store().rows(id, 0, 10)).toEqual([{ nth: expect.any(Number), row: { n: 1 } }]);
  });

  it('is kept alive for as long as it takes, and by its process alone', async () => {
    let runs = 0;
    let finish = (): void => undefined;
    work = (_, { signal }) => new Promise((resolve, reject) => {
      runs += 1;
      finish = () => resolve(done());
      signal.addEventListener('abort', () => reject(signal.reason));
    });
    const { id } = await asked(1);
    startRunner();
    startRunner();
    await ended(id, 'running');
    const [first] = (await database.pool.query('select lease_until from operations.run where id = $1', [id])).rows;
    await eventually('its lease is moved twice over', async () => (await database.pool.query('select 1 from operations.run where id = $1 and lease_until > $2::timestamptz + interval \'2 s\'', [id, first.lease_until])).rowCount === 1);
    finish();
    await ended(id, 'done');
    expect(runs).toBe(1);
  });

  it('is not taken a second time by the process that works on it, however late its signs of life', async () => {
    const begun: number[] = [];
    const finish: (() => void)[] = [];
    work = ({ nth }) => new Promise((resolve) => {
      begun.push(nth);
      finish.push(() => resolve(done()));
    });
    const { id } = await asked(1);
    const runner = startRunner();
    await ended(id, 'running');
    await database.pool.query("update operations.run set lease_until = now() - interval '1 hour' where id = $1", [id]);
    const other = await asked(2);
    runner.wake();
    await ended(other.id, 'running');
    for (const one of finish) one();
    for (const one of [id, other.id]) await ended(one, 'done');
    expect(begun).toEqual([1, 2]);
  });

  it('is stopped, and goes on', async () => {
    const begins: unknown[] = [];
    work = (_, { signal, resumed, keep }) => new Promise((resolve, reject) => {
      begins.push(resumed);
      if (resumed !== undefined) return resolve(done());
      void keep({ step: 1 });
      signal.addEventListener('abort', () => reject(signal.reason));
    });
    const { id } = await asked(1);
    startRunner();
    await ended(id, 'running');
    expect(await store().stop(id, 'ada')).toBe(true);
    await ended(id, 'stopped');
    expect(await store().resume(id, 'ada')).toBe(true);
    await ended(id, 'done');
    expect(begins).toEqual([undefined, { step: 1 }]);
    expect(await store().stop(id, 'ada')).toBe(false);
    expect((await store().audit({ limit: 100 })).filter(({ runId }) => runId === id).map(({ act, who }) => `${act} by ${who}`).reverse())
      .toEqual(['asked for by spec', 'started by spec', 'asked to stop by ada', 'stopped by spec', 'resumed by ada', 'started by spec', 'done by spec']);
  });

  it('goes to another process when its own one stops', async () => {
    work = (_, { signal }) => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => reject(signal.reason)); });
    const { id } = await asked(1);
    const leaving = startRunner();
    await ended(id, 'running');
    work = async () => done();
    await leaving.close();
    expect((await store().get(id))!.state).toBe('waiting');
    startRunner();
    await ended(id, 'done');
  });

  it('is tried again where that may help, and has failed otherwise, without quoting a defect', async () => {
    let tries = 0;
    work = async () => {
      if ((tries += 1) === 1) throw transient('STORE.UNAVAILABLE', 'gone for a moment');
      throw new Error('a value of ada@example.com');
    };
    const { id } = await asked(1);
    startRunner();
    const { problem } = await ended(id, 'failed');
    expect([tries, problem!.code]).toEqual([2, 'DEFECT']);
    expect(JSON.stringify(await store().audit({ limit: 100 }))).not.toContain('ada@example.com');
  });
});

describe('the audit log', () => {
  it.each(['update operations.audit set who = \'nobody\'', 'delete from operations.audit', 'truncate operations.audit'])('refuses: %s', async (sql) => {
    await asked(1);
    await expect(database.pool.query(sql)).rejects.toThrow('only added to');
  });
});
