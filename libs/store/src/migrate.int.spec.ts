import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import pg from 'pg';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { eventually } from './eventually.fixture.ts';
import { migrate, migrations, type Migration } from './migrate.ts';

let database: FreshDatabase;
const made: FreshDatabase[] = [];
beforeEach(async () => {
  made.push((database = await freshDatabase(process.env['DATABASE_URL'])));
});
afterAll(() => Promise.all(made.map((one) => one.drop())));

const creating = (...names: readonly string[]): readonly Migration[] => names.map((name) => ({ id: `spec.${name}`, sql: `create table ${name} (id integer); insert into ${name} values (1);` }));
const count = async (table: string) => Number((await database.pool.query(`select count(*) from ${table}`)).rows[0].count);

describe('a database', () => {
  it('gets each migration once, in the order given', async () => {
    expect(await migrate(database.url, creating('a', 'b'))).toEqual(['spec.a', 'spec.b']);
    expect(await migrate(database.url, creating('a', 'b', 'c'))).toEqual(['spec.c']);
    expect([await count('a'), await count('c')]).toEqual([1, 1]);
  });
  it('gets the lists of several apps, whichever comes first, and the same migration in two lists once', async () => {
    expect(await migrate(database.url, [...migrations, ...creating('a')])).toEqual([...migrations.map(({ id }) => id), 'spec.a']);
    expect(await migrate(database.url, [...creating('b'), ...migrations, ...migrations])).toEqual(['spec.b']);
  });
  it('keeps nothing of a start whose migration fails; the next one tries again', async () => {
    const broken: Migration = { id: 'spec.broken', sql: 'create table d (id integer); select nonsense;' };
    await expect(migrate(database.url, [...creating('a'), broken, ...creating('b')])).rejects.toThrow('migration spec.broken: Postgres 42703');
    expect((await database.pool.query("select to_regclass('d') as d, to_regclass('a') as a, to_regclass('b') as b")).rows).toEqual([{ d: null, a: null, b: null }]);
    expect(await migrate(database.url, [...creating('a'), { ...broken, sql: 'create table d (id integer)' }, ...creating('b')])).toEqual(['spec.a', 'spec.broken', 'spec.b']);
  });
  it('that has a migration which reads otherwise by now is left alone, and it is said what to do', async () => {
    await migrate(database.url, [...migrations, ...creating('a', 'b')]);
    const [a, b] = creating('a', 'b') as [Migration, Migration];
    const edited = [...migrations, a, { ...b, sql: `${b.sql} alter table b add other integer;` }, ...creating('c')];
    await expect(migrate(database.url, edited)).rejects.toMatchObject({ kind: 'Halt', code: 'STORE.MIGRATION_CHANGED', message: 'this database was made by another build: spec.b changed since' });
    expect((await database.pool.query("select to_regclass('c') as c")).rows).toEqual([{ c: null }]);
    expect(await migrate(database.url, [...migrations, a, b, ...creating('c')])).toEqual(['spec.c']);
  });
  it('is migrated by many at once without a quarrel', async () => {
    const applied = await Promise.all(Array.from({ length: 6 }, () => migrate(database.url, [...migrations, ...creating('a', 'b')])));
    expect(applied.flat().sort()).toEqual([...migrations.map(({ id }) => id), 'spec.a', 'spec.b'].sort());
    expect([await count('a'), await count('log.incarnation')]).toEqual([1, 1]);
  });
  it('is migrated by two processes at once, and by one after another was killed in the middle', async () => {
    const program = `
      const { migrate } = await import(${JSON.stringify(new URL('./migrate.ts', import.meta.url).href)});
      const slow = [{ id: 'spec.slow', sql: 'create table slow (id integer); insert into slow values (1); select pg_sleep(current_setting(\\'spec.sleep\\')::float)' }];
      console.log(JSON.stringify(await migrate(process.env.SPEC_DATABASE, slow)));`;
    const start = (sleep: number) => {
      const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', program], { env: { ...process.env, SPEC_DATABASE: database.url, NODE_OPTIONS: '', PGOPTIONS: `-c spec.sleep=${sleep}` }, stdio: ['ignore', 'pipe', 'inherit'] });
      let out = '';
      child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
      return { child, ended: once(child, 'close').then(() => out.trim()) };
    };
    const victim = start(60);
    const admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    const sleeping = () => admin.query("select pid from pg_stat_activity where query like '%pg_sleep%' and application_name = 'touchpoint-migrate' and state = 'active'");
    await eventually('the first in the middle', async () => (await sleeping()).rows.length === 1);
    victim.child.kill('SIGKILL');
    // Its backend sleeps on until it notices; a database server that was asked to stop such backends does this.
    await eventually('its backend gone', async () => {
      const { rows } = await sleeping();
      for (const { pid } of rows) await admin.query('select pg_terminate_backend($1)', [pid]);
      return rows.length === 0;
    });
    const [a, b] = [start(1), start(0)];
    expect((await Promise.all([a.ended, b.ended])).sort()).toEqual(['["spec.slow"]', '[]']);
    expect(await count('slow')).toBe(1);
    await admin.end();
  });
  it('that is not there is to be asked again', async () => expect(migrate('postgres://nobody@127.0.0.1:1/none', [])).rejects.toMatchObject({ kind: 'Transient' }));
});
