import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createMetrics } from '@touchpoint/host';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { migrate, migrations } from './migrate.ts';
import { observeOutbox } from './outbox-age.ts';
import { createPool, type Pool } from './pool.ts';

let database: FreshDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await freshDatabase(process.env['DATABASE_URL']);
  await migrate(database.url, migrations);
  pool = createPool({ databaseUrl: database.url, name: 'spec', onError: () => undefined });
});
afterAll(() => database.drop());

it('tells how long the oldest of a consumer waits, and the last it knew when Postgres is gone', async () => {
  const metrics = createMetrics('spec', { defaults: false });
  observeOutbox(metrics, pool, 'mine');
  const age = async () => Number(/outbox_age_seconds\{.*\} (\S+)/.exec(await metrics.registry.metrics())?.[1]);
  expect(await age()).toBe(0);
  await database.pool.query(`insert into log.pending (consumer, topic, partition, id, payload, committed_at) values
    ('mine', 't', 0, 1, '', now() - interval '90 s'), ('mine', 't', 1, 1, '', now()), ('other', 't', 0, 1, '', now() - interval '1 h')`);
  const told = await age();
  expect(told).toBeGreaterThanOrEqual(90);
  expect(told).toBeLessThan(3_600);
  await pool.end();
  expect(await age()).toBe(told);
});
