import { randomBytes } from 'node:crypto';
import pg from 'pg';

export type FreshDatabase = Readonly<{ url: string; pool: pg.Pool; drop(): Promise<void> }>;

/**
 * A new, empty database beside the one that `databaseUrl` names, with these migrations applied: each spec file has its own.
 * `freshDatabase(process.env['DATABASE_URL'], migrations)`
 */
export const freshDatabase = async (databaseUrl: string | undefined, migrations: readonly Readonly<{ id: string; sql: string }>[] = []): Promise<FreshDatabase> => {
  if (!databaseUrl) throw new Error('this spec needs a Postgres: set DATABASE_URL, or run it through `npm test`, which starts one');
  const name = `spec_${randomBytes(6).toString('hex')}`;
  const admin = async (sql: string) => {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await admin(`create database ${name}`);
  const url = new URL(databaseUrl);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 8 });
  pool.on('error', () => undefined);
  for (const { sql } of migrations) await pool.query(sql);
  return {
    url: url.href,
    pool,
    drop: async () => {
      await pool.end();
      await admin(`drop database if exists ${name} with (force)`);
    },
  };
};
