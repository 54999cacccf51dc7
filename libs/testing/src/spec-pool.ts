import { afterAll, beforeAll } from '@jest/globals';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import { createPool, migrate, migrations as logMigrations, type Migration, type Pool } from '@touchpoint/store';

/** A database of a spec file's own, with the log's tables and these: there before its first test, gone behind its last. `take` gets its pool. */
export const specPool = (migrations: readonly Migration[], take: (pool: Pool, url: string) => void): void => {
  let database: FreshDatabase | undefined;
  let pool: Pool | undefined;
  beforeAll(async () => {
    database = await freshDatabase(process.env['DATABASE_URL']);
    await migrate(database.url, [...logMigrations, ...migrations]);
    pool = createPool({ databaseUrl: database.url, name: 'spec', onError: () => undefined });
    take(pool, database.url);
  }, 60_000);
  afterAll(async () => {
    await pool?.end();
    await database?.drop();
  }, 60_000);
};
