import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { advanceCheckpoint, advanceWith, claimCheckpoint, resolvedUpTo, sendAs, type Advance, type Checkpoint } from './checkpoint.ts';
import { eventually } from './eventually.fixture.ts';
import { migrate, migrations } from './migrate.ts';
import { acknowledged, deletePending, insertPending, readPending } from './pending.ts';
import { createPool, transaction, type Pool } from './pool.ts';

let database: FreshDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await freshDatabase(process.env['DATABASE_URL']);
  await migrate(database.url, migrations);
  pool = createPool({ databaseUrl: database.url, name: 'spec', max: 20, onError: () => undefined });
});
beforeEach(() => pool.query('truncate log.checkpoint, log.pending'));
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const KEY = { consumer: 'c', topic: 't', partition: 3 };
const claim = (partition = 3) => claimCheckpoint(pool, { ...KEY, partition });
const advance = (from: Checkpoint, change: Advance) => transaction(pool, (client) => advanceCheckpoint(client, from, change));
const FENCED = { kind: 'Fenced', code: 'LOG.FENCED' };

describe('a checkpoint', () => {
  it('begins at nothing, and is claimed with a version of its own each time', async () => {
    expect(await claim()).toEqual({ ...KEY, version: 1n, next: 0, seen: new Map(), sent: new Map(), origin: null, anchor: null, resolvedTo: null, incarnation: 1, acknowledged: [] });
    expect((await claim()).version).toBe(2n);
    expect((await claim(4)).version).toBe(1n);
  });
  it('keeps what was advanced to', async () => {
    const change = { next: 7_000_000_000_000, seen: new Map([['o.1/t/0/1', 2 ** 52]]), sent: new Map([['u/0', 5], ['u/11', 1]]), anchor: '5-ab', resolvedTo: 1_767_225_600_123 };
    const moved = await advance(await claim(), change);
    expect(moved).toMatchObject({ ...change, version: 2n });
    expect(await claim()).toEqual({ ...KEY, ...change, origin: null, version: 3n, incarnation: 1, acknowledged: [] });
    const further = await advance(await claim(), { next: 7_000_000_000_001 });
    expect(further).toMatchObject({ ...change, next: 7_000_000_000_001 });
  });
  it('is a value: a transaction that is rolled back leaves the one before usable', async () => {
    const claimed = await claim();
    await expect(transaction(pool, async (client) => {
      await advanceCheckpoint(client, claimed, { next: 5 });
      throw new Error('no');
    })).rejects.toThrow('no');
    expect((await advance(claimed, { next: 6 })).next).toBe(6);
  });
  it('lets nobody commit who was overtaken, by a claim or by a commit', async () => {
    const old = await claim();
    const now = await claim();
    await expect(advance(old, { next: 1 })).rejects.toMatchObject(FENCED);
    await advance(now, { next: 2 });
    await expect(advance(now, { next: 3 })).rejects.toMatchObject(FENCED);
    await expect(advance({ ...now, partition: 9 }, { next: 3 })).rejects.toMatchObject(FENCED);
    expect((await claim()).next).toBe(2);
  });
  it('shows who claims it the commit that was under way', async () => {
    const old = await claim();
    let go = () => undefined as void;
    const gone = new Promise<void>((resolve) => (go = resolve));
    let reached = () => undefined as void;
    const within = new Promise<void>((resolve) => (reached = resolve));
    const committing = transaction(pool, async (client) => {
      const moved = await advanceCheckpoint(client, old, { next: 10 });
      await insertPending(client, old, { id: 0, payload: Buffer.from('sent later') });
      reached();
      await gone;
      return moved;
    });
    await within;
    const claiming = claim();
    go();
    await committing;
    expect((await claiming).next).toBe(10);
    expect(await readPending(pool, KEY)).toHaveLength(1);
  });
  it('is never given to two: of those who claim at once one version is the last, and only its holder can commit', async () => {
    for (let round = 0; round < 10; round += 1) {
      const claims = (await Promise.allSettled(Array.from({ length: 8 }, () => claim()))).flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      expect(new Set(claims.map(({ version }) => version)).size).toBe(claims.length);
      const outcomes = await Promise.allSettled(claims.map((claimed) => advance(claimed, { next: round + 1 })));
      expect(outcomes.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
      for (const outcome of outcomes) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(FENCED);
      const next = await claim();
      await advance(next, { next: round + 1 });
    }
  });
  it('names the incarnation that a restore raised', async () => {
    await pool.query('update log.incarnation set number = 4');
    expect((await claim()).incarnation).toBe(4);
    await pool.query('update log.incarnation set number = 1');
  });
});

describe('effects in the statement of their checkpoint', () => {
  const EFFECT = { name: 'spec-effect', parts: ['put as (insert into log.pending (consumer, topic, partition, id, payload) select $1, $2, $3, $11, $12 from moved returning id)'], select: 'select id from moved, put' };
  const put = (on: Pool | Parameters<Parameters<typeof transaction>[1]>[0], from: Checkpoint, change: Advance, id: number) => advanceWith<{ id: string }>(on, from, change, { ...EFFECT, values: [id, Buffer.from('effect')] });
  const effects = async () => (await readPending(pool, KEY)).map(({ id }) => id);

  it('are written with it, and what they give comes back', async () => {
    const { checkpoint, rows } = await put(pool, await claim(), { next: 7, anchor: '1-a' }, 1);
    expect(checkpoint).toMatchObject({ next: 7, anchor: '1-a', version: 2n });
    expect(rows).toEqual([{ id: '1' }]);
    const { checkpoint: further } = await put(pool, checkpoint, { next: 8 }, 2);
    expect(await claim()).toMatchObject({ next: 8, anchor: '1-a', version: further.version + 1n });
    expect(await effects()).toEqual([1, 2]);
  });
  it('are not written by anybody who was overtaken, also where the claim commits while the statement waits for it', async () => {
    const old = await claim();
    let overtaken: Promise<unknown> = Promise.resolve();
    await transaction(pool, async (client) => {
      await client.query('update log.checkpoint set version = version + 1');
      overtaken = put(pool, old, { next: 1 }, 1).catch((error: unknown) => error);
      await eventually('the statement to wait', async () => (await pool.query("select from pg_stat_activity where wait_event_type = 'Lock' and query like '%log.pending%'")).rowCount === 1);
    });
    expect(await overtaken).toMatchObject(FENCED);
    await expect(put(pool, old, { next: 1 }, 2)).rejects.toMatchObject(FENCED);
    expect([await effects(), (await claim()).next]).toEqual([[], 0]);
  });
  it('go with a transaction that has more to write', async () => {
    const claimed = await claim();
    await expect(transaction(pool, async (client) => {
      await put(client, claimed, { next: 1 }, 1);
      throw new Error('no');
    })).rejects.toThrow('no');
    await transaction(pool, (client) => put(client, claimed, { next: 2 }, 2));
    expect([await effects(), (await claim()).next]).toEqual([[2], 2]);
  });
});

describe('what was acknowledged', () => {
  const put = (id: number, partition = 3) => insertPending(pool, { ...KEY, partition }, { id, payload: Buffer.from(String(id)) });
  const left = async (partition = 3) => (await readPending(pool, { ...KEY, partition })).map(({ id }) => id);

  it('is deleted with the move, by its exact ids and in its own partition', async () => {
    for (const id of [1, 2, 3]) await put(id);
    await put(1, 4);
    const moved = await advanceCheckpoint(pool, acknowledged(await claim(), [1, 3, 9]), { next: 5 });
    expect([moved.next, moved.acknowledged, await left(), await left(4)]).toEqual([5, [], [2], [1]]);
    await advanceCheckpoint(pool, moved, {});
    expect(await left()).toEqual([2]);
  });
  it('stays where somebody else owns the partition by now, or the transaction is rolled back', async () => {
    await put(1);
    const old = await claim();
    const now = await claim();
    await expect(advanceCheckpoint(pool, acknowledged(old, [1]), {})).rejects.toMatchObject(FENCED);
    await expect(transaction(pool, async (client) => {
      await advanceCheckpoint(client, acknowledged(now, [1]), {});
      throw new Error('no');
    })).rejects.toThrow('no');
    expect(await left()).toEqual([1]);
  });
});

describe('what is sent', () => {
  const sentBy = async (origin: string) => Object.fromEntries((await sendAs(pool, await claim(), origin)).sent);
  const send = async (origin: string, sent: Readonly<Record<string, number>>) => advance(await sendAs(pool, await claim(), origin), { sent: new Map(Object.entries(sent)) });

  it('is numbered on under the same origin', async () => {
    await send('c.1/t/3/1', { 'u/0': 5, 'u/1': 1 });
    expect(await sentBy('c.1/t/3/1')).toEqual({ 'u/0': 5, 'u/1': 1 });
    expect((await claim()).origin).toBe('c.1/t/3/1');
  });
  it('begins at 1 under a new one: another version, another incarnation', async () => {
    await send('c.1/t/3/1', { 'u/0': 5 });
    expect(await sentBy('c.2/t/3/1')).toEqual({});
    await send('c.2/t/3/1', { 'u/0': 2 });
    expect(await sentBy('c.2/t/3/2')).toEqual({});
  });
  it('goes on where it stood when a release is taken back: readers know what it has sent', async () => {
    await send('c.1/t/3/1', { 'u/0': 5 });
    await send('c.2/t/3/1', { 'u/0': 2 });
    expect(await sentBy('c.1/t/3/1')).toEqual({ 'u/0': 5 });
    await send('c.1/t/3/1', { 'u/0': 9 });
    expect([await sentBy('c.2/t/3/1'), await sentBy('c.1/t/3/1')]).toEqual([{ 'u/0': 2 }, { 'u/0': 9 }]);
  });
  it('is numbered by nobody who was overtaken', async () => {
    const old = await claim();
    await claim();
    await expect(sendAs(pool, old, 'c.1/t/3/1')).rejects.toMatchObject(FENCED);
    expect((await claim()).origin).toBeNull();
  });
});

describe('what a topic is resolved up to', () => {
  it('is the least of its partitions, once all have begun', async () => {
    for (const [partition, resolvedTo] of [[0, 500], [1, 300], [2, 400]] as const) await advance(await claim(partition), { resolvedTo });
    expect(await resolvedUpTo(pool, 'c', 't', 4)).toBeUndefined();
    await claim(5);
    expect(await resolvedUpTo(pool, 'c', 't', 4)).toBeUndefined();
    await advance(await claim(4), { resolvedTo: 350 });
    expect(await resolvedUpTo(pool, 'c', 't', 4)).toBe(300);
    expect(await resolvedUpTo(pool, 'other', 't', 1)).toBeUndefined();
  });
});

describe('what is pending', () => {
  const put = (id: number, partition = 3) => transaction(pool, (client) => insertPending(client, { ...KEY, partition }, { id, payload: Buffer.from(String(id)) }));
  it('is read in order, by its own partition only, and deleted by its exact ids', async () => {
    for (const id of [2_000, 100, 9_007_199_254_740_991]) await put(id);
    await put(100, 4);
    expect((await readPending(pool, KEY)).map(({ id, payload }) => [id, payload.toString()])).toEqual([[100, '100'], [2_000, '2000'], [9_007_199_254_740_991, '9007199254740991']]);
    await deletePending(pool, KEY, [100, 5]);
    await deletePending(pool, KEY, []);
    expect((await readPending(pool, KEY)).map(({ id }) => id)).toEqual([2_000, 9_007_199_254_740_991]);
    expect(await readPending(pool, { ...KEY, partition: 4 })).toHaveLength(1);
  });
  it('survives a zombie\'s late delete of what it had sent', async () => {
    await put(100);
    const sentByZombie = (await readPending(pool, KEY)).map(({ id }) => id);
    await deletePending(pool, KEY, sentByZombie);
    await put(200);
    await deletePending(pool, KEY, sentByZombie);
    expect((await readPending(pool, KEY)).map(({ id }) => id)).toEqual([200]);
  });
  it('is committed once under an id', async () => {
    await put(100);
    await expect(put(100)).rejects.toThrow('23505');
  });
});
