import pg from 'pg';
import { Failure, transient } from '@touchpoint/kernel';

export type Pool = pg.Pool;
export type Client = pg.PoolClient;
/** A pool or one of its clients inside a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>;

export type PoolOptions = Readonly<{ databaseUrl: string; name: string; max?: number; statementTimeoutMs?: number; onError: (error: Error) => void }>;

/** The one way a pool is made: bounded in connections and in time. */
export const createPool = ({ databaseUrl, name, max = 10, statementTimeoutMs = 60_000, onError }: PoolOptions): Pool => {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: name,
    max,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
  });
  pool.on('error', onError);
  return pool;
};

/** Serialisation failure, deadlock, resources, shut-down, connection: the same work may succeed later. Classes of SQLSTATE. */
const TRANSIENT = /^(40001|40P01|55P03|57014|53|57P|08|58)/;
const CONNECTION = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)/;

/** A database error as what may be done about it. Its `detail`, which quotes row values, is left behind. */
export const storeFailure = (error: unknown): unknown => {
  if (!(error instanceof Error) || error instanceof Failure) return error;
  const code = (error as { code?: string }).code ?? '';
  if (TRANSIENT.test(code) || CONNECTION.test(code) || /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(error.message))
    return transient('STORE.UNAVAILABLE', `Postgres: ${error.message}`, { code });
  if (error instanceof pg.DatabaseError) return new Error(`Postgres ${code}: ${error.message}`);
  return error;
};

/** Runs work in one transaction. @throws Failure Transient where trying again may help. */
export const transaction = async <T>(pool: Pool, work: (client: Client) => Promise<T>): Promise<T> => {
  let client: Client;
  try {
    client = await pool.connect();
  } catch (error) {
    throw storeFailure(error);
  }
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failed: Error) => {
      broken = failed;
    });
    throw storeFailure(error);
  } finally {
    client.release(broken);
  }
};

/** One statement outside a transaction, with errors as Failures. */
export const query = async <Row extends pg.QueryResultRow>(on: Queryable, text: string, values: readonly unknown[] = []): Promise<Row[]> => {
  try {
    return (await on.query<Row>(text, [...values])).rows;
  } catch (error) {
    throw storeFailure(error);
  }
};

/** An array literal of numbers: `pg` would quote and escape each. */
export const numbers = (values: readonly (number | bigint)[]): string => `{${values.join(',')}}`;
