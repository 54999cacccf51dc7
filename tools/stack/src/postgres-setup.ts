import pg from 'pg';
import type { StackState } from './state.ts';

export type Connection = Readonly<{ host: string; port: number; user: string; password: string; database: string }>;

const withClient = async <T>(connection: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> => {
  const client = new pg.Client({ connectionTimeoutMillis: 3000, query_timeout: 20_000, ...connection });
  // A server that ends while we are connected says so here; the statement under way fails by itself.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
};

export const query = (connection: pg.ClientConfig, sql: string): Promise<void> => withClient(connection, async (client) => void (await client.query(sql)));

const quoted = (text: string): string => pg.escapeLiteral(text);

/**
 * The application's role and database, and the registry's own beside them: emptying the one does not touch the other. The application's role may make
 * databases and roles (tests and the analysts' role need it) and is no superuser, as in production.
 */
export const makeDatabases = (admin: Connection, passwords: StackState['passwords']): Promise<void> =>
  withClient(admin, async (client) => {
    const missing = async (sql: string): Promise<boolean> => (await client.query(sql)).rowCount === 0;
    for (const [role, rights] of [['touchpoint', 'createdb createrole'], ['registry', '']] as const) {
      if (await missing(`select 1 from pg_roles where rolname = '${role}'`)) await client.query(`create role ${role} login ${rights}`);
      await client.query(`alter role ${role} password ${quoted(passwords[role])}`);
      if (await missing(`select 1 from pg_database where datname = '${role}'`)) await client.query(`create database ${role} owner ${role}`);
    }
    await client.query('grant pg_monitor, pg_checkpoint, pg_signal_backend to touchpoint with inherit true');
    const registry = { ...admin, user: 'registry', password: passwords.registry, database: 'registry' };
    await query(registry, 'create schema if not exists registry');
  });

/** Where the registry keeps its schemas. */
export type RegistryStorage = Readonly<{ jdbcUrl: string; user: string; password: string }>;

/** On a server that is not ours: a database `registry` if we may make one, else a schema `registry` beside the application's. */
export const storageOnExternal = async (databaseUrl: string): Promise<RegistryStorage> => {
  const url = new URL(databaseUrl);
  await query({ connectionString: databaseUrl }, 'create database registry').then(
    () => undefined,
    (error: { code?: string }) => {
      if (error.code !== '42P04' && error.code !== '23505' && error.code !== '42501') throw error;
    },
  );
  const own = new URL(databaseUrl);
  own.pathname = '/registry';
  const makeSchema = (at: URL): Promise<URL> => query({ connectionString: at.href }, 'create schema if not exists registry').then(() => at);
  const at = await makeSchema(own).catch(() => makeSchema(url));
  const ssl = at.searchParams.get('sslmode');
  return {
    jdbcUrl: `jdbc:postgresql://${at.host}${at.pathname}?currentSchema=registry${ssl ? `&sslmode=${ssl}` : ''}`,
    user: decodeURIComponent(at.username),
    password: decodeURIComponent(at.password),
  };
};
