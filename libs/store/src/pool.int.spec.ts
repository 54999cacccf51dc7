import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { eventually } from './eventually.fixture.ts';
import { createPool, query, transaction, type Client, type Pool } from './pool.ts';

let database: FreshDatabase;
let pool: Pool;
const idleErrors: Error[] = [];
const TRANSIENT = { kind: 'Transient', code: 'STORE.UNAVAILABLE' };

beforeAll(async () => {
  database = await freshDatabase(process.env['DATABASE_URL']);
  pool = createPool({ databaseUrl: database.url, name: 'spec', max: 3, statementTimeoutMs: 2_000, onError: (error) => void idleErrors.push(error) });
  await pool.query('create table t (id integer primary key, note text not null)');
});
afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

const pidOf = async (client: Client) => (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid;
const kill = (pid: number) => database.pool.query('select pg_terminate_backend($1)', [pid]);
const ids = async () => (await query<{ id: number }>(pool, 'select id from t order by id')).map(({ id }) => id);

describe('a transaction', () => {
  it('commits what its work did, and gives what it returns', async () => {
    expect(await transaction(pool, async (client) => {
      await client.query("insert into t values (1, 'a')");
      return 'done';
    })).toBe('done');
    expect(await ids()).toEqual([1]);
  });
  it('leaves nothing of work that throws, and throws that', async () => {
    const error = new Error('no');
    await expect(transaction(pool, async (client) => {
      await client.query("insert into t values (2, 'a')");
      throw error;
    })).rejects.toBe(error);
    expect(await ids()).toEqual([1]);
  });
  it('does not take for committed what Postgres rolled back behind a caught error', async () => {
    await expect(transaction(pool, async (client) => {
      await client.query("insert into t values (3, 'a')");
      await client.query('select 1 / 0').catch(() => undefined);
    })).rejects.toThrow('rolled back');
    expect(await ids()).toEqual([1]);
  });

  it.each(['while a statement runs', 'between two statements', 'before the commit'])('whose backend is killed %s is to be tried again, and the process lives', async (when) => {
    const work = transaction(pool, async (client) => {
      await client.query("insert into t values (4, 'a')");
      const pid = await pidOf(client);
      if (when === 'while a statement runs') {
        const sleeping = client.query('select pg_sleep(60)');
        sleeping.catch(() => undefined);
        await kill(pid);
        await sleeping;
      } else {
        const gone = new Promise((resolve) => client.once('end', resolve));
        await kill(pid);
        await gone;
        if (when === 'between two statements') await client.query('select 1');
      }
    });
    await expect(work).rejects.toMatchObject(TRANSIENT);
    expect(await ids()).toEqual([1]);
  });
  it('goes on with other connections after that', async () => {
    await Promise.all([5, 6, 7, 8].map((id) => transaction(pool, (client) => client.query("insert into t values ($1, 'a')", [id]))));
    expect(await ids()).toEqual([1, 5, 6, 7, 8]);
  });
  it('takes no connection that died while it was idle', async () => {
    const before = idleErrors.length;
    const pid = await transaction(pool, pidOf);
    await kill(pid);
    await eventually('the lost connection', () => idleErrors.length > before);
    expect(await ids()).toEqual([1, 5, 6, 7, 8]);
  });
});

describe('an error of Postgres', () => {
  it('is Transient when two transactions cannot both be', async () => {
    let go = () => undefined as void;
    const both = new Promise<void>((resolve) => (go = resolve));
    let locked = 0;
    const work = (first: number, second: number) =>
      transaction(pool, async (client) => {
        await client.query('select from t where id = $1 for update', [first]);
        if ((locked += 1) === 2) go();
        await both;
        await client.query('select from t where id = $1 for update', [second]);
      });
    const outcomes = await Promise.allSettled([work(5, 6), work(6, 5)]);
    const rejected = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(rejected).toHaveLength(1);
    expect(rejected[0]!.reason).toMatchObject({ ...TRANSIENT, cause: { code: '40P01' } });
  });
  it('is Transient when a statement takes too long', async () => expect(query(pool, 'select pg_sleep(30)')).rejects.toMatchObject({ ...TRANSIENT, cause: { code: '57014' } }));
  it('is Transient when no connection is free', async () => {
    const small = createPool({ databaseUrl: database.url, name: 'small', max: 1, connectTimeoutMs: 1_500, onError: () => undefined });
    const client = await small.connect();
    await expect(query(small, 'select 1')).rejects.toMatchObject(TRANSIENT);
    await expect(transaction(small, () => Promise.resolve())).rejects.toMatchObject(TRANSIENT);
    client.release();
    await small.end();
  });
  it('is Transient when nobody listens', async () => {
    const nowhere = createPool({ databaseUrl: 'postgres://nobody:secret@127.0.0.1:1/none', name: 'nowhere', onError: () => undefined });
    await expect(query(nowhere, 'select 1')).rejects.toMatchObject(TRANSIENT);
    await nowhere.end();
  });
  it('is a Defect, and quotes no value, when data do not fit', async () => {
    const texts = await Promise.all([
      query(pool, "insert into t values (1, 'jane@example.org')"),
      query(pool, 'insert into t values (99, null)'),
      query(pool, 'select $1::uuid', ['jane@example.org']),
      query(pool, 'select nothing from nowhere'),
    ].map((failing) => failing.then(() => 'no error', (error: Error & { kind?: string }) => `${error.kind} ${error.message} ${JSON.stringify(error)}`)));
    expect(texts.join('\n')).not.toContain('jane');
    expect(texts.map((text) => /Postgres (\w{5})/.exec(text)?.[1])).toEqual(['23505', '23502', '22P02', '42P01']);
    expect(texts[0]).toContain('t_pkey');
    expect(texts.every((text) => text.startsWith('undefined'))).toBe(true);
  });
});
