import { types } from 'node:util';
import pg from 'pg';
import { at } from '@touchpoint/host/moments';
import { untrusted } from '@touchpoint/host/untrusted';
import { Failure, transient } from '@touchpoint/kernel';

export type Pool = pg.Pool;
export type Client = pg.PoolClient;
/** A pool or one of its clients inside a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>;

export type PoolOptions = Readonly<{ databaseUrl: string; name: string; max?: number; statementTimeoutMs?: number; connectTimeoutMs?: number; onError: (error: Error) => void }>;

/** The one way a pool is made: bounded in connections and in time. */
export const createPool = ({ databaseUrl, name, max = 10, statementTimeoutMs = 60_000, connectTimeoutMs = 5_000, onError }: PoolOptions): Pool => {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: name,
    max,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: 60_000,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
  });
  pool.on('error', onError);
  return pool;
};

/**
 * SQLSTATEs after which the same work may succeed: rollbacks (40), locks, cancelled statements, resources, shut-down, connection, system; a session that was ended
 * for idling (25P03, 25P04); a server that became a standby (25006).
 */
const TRANSIENT = /^(40|55P03|57014|53|57P|08|58|25P03|25P04|25006)/;
const CONNECTION = /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)/;
/** What `pg` itself says when a connection is gone or cannot be had. */
const LOST = /Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Client was closed/;
/** Data exceptions quote the value, constraint violations the row. */
const QUOTES_DATA = /^2[23]/;
/** What Postgres does not take: a value, a row, something larger than it can hold (54). It is as it should be, the data is not. */
const REFUSES = /^(2[23]|54)/;
/** The code of a statement that failed for what was to be stored. */
export const REFUSED = 'STORE.REFUSED';

/** Why Postgres cannot be had as DATABASE_URL says, and what to set; undefined where that is not what went wrong. */
const noAccess = (error: Error, code: string): string | undefined => {
  const why = untrusted(error);
  if (why) return `Postgres: its certificate is not taken (${why}): add &sslrootcert=FILE of the CA that signed it to DATABASE_URL, and name its host as its certificate does`;
  if (/does not support SSL/.test(error.message)) return 'Postgres does not speak TLS, and DATABASE_URL asks for it (sslmode): turn it on there (ssl = on)';
  if (code === '28P01') return 'Postgres refuses us: check user and password in DATABASE_URL';
  if (code === '28000' && /no encryption/.test(error.message)) return 'Postgres takes us over TLS only: add ?sslmode=verify-full to DATABASE_URL';
  return undefined;
};

/** A database error as what may be done about it. Texts that quote values are left behind: the server's `detail` always, its message where it does so. */
export const storeFailure = (error: unknown): unknown => {
  if (!types.isNativeError(error) || error instanceof Failure) return error;
  const code = (error as { code?: string }).code ?? '';
  const denied = noAccess(error, code);
  if (denied) return transient('STORE.NO_ACCESS', denied, { code });
  if (TRANSIENT.test(code) || CONNECTION.test(code) || LOST.test(error.message)) return transient('STORE.UNAVAILABLE', `Postgres: ${error.message}`, { code });
  if (!(error instanceof pg.DatabaseError)) return error;
  const { table, column, constraint, routine, message } = error;
  const where = [table, column, constraint].filter(Boolean).join(' ');
  const refusal = new Error(`Postgres ${code}: ${QUOTES_DATA.test(code) ? (routine ?? 'a value does not fit') : message}${where ? ` (${where})` : ''}`);
  return REFUSES.test(code) ? Object.assign(refusal, { code: REFUSED }) : refusal;
};

/**
 * Runs work in one transaction. @throws Failure Transient where trying again may help: whether it was committed is unknown then, as ever when a connection
 * breaks, and a checkpoint's version tells.
 */
export const transaction = async <T>(pool: Pool, work: (client: Client) => Promise<T>): Promise<T> => {
  let client: Client;
  try {
    client = await pool.connect();
  } catch (error) {
    throw storeFailure(error);
  }
  let broken: Error | undefined;
  // The pool listens to idle clients only. Without a listener, a connection that breaks between two statements would end the process.
  const onError = (error: Error) => {
    broken ??= error;
  };
  client.on('error', onError);
  try {
    await client.query('begin');
    const result = await work(client);
    const { command } = await at('commit', () => client.query('commit'));
    // Postgres answers so, without an error, when a statement failed before and somebody caught it.
    if (command !== 'COMMIT') throw new Error('a statement of this transaction had failed: it was rolled back');
    return result;
  } catch (error) {
    if (!broken)
      await client.query('rollback').catch((failed: Error) => {
        broken ??= failed;
      });
    throw storeFailure(error);
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
};

const names = new Map<string, string>();
/** Statements with values are prepared once per connection: planning most of ours costs more than running them. Their texts are the code's own, so they are few. */
const nameOf = (text: string): string => {
  let name = names.get(text);
  if (name === undefined) names.set(text, (name = `s${names.size}`));
  return name;
};

/** One statement, with errors as Failures. */
export const query = async <Row extends pg.QueryResultRow>(on: Queryable, text: string, values: readonly unknown[] = []): Promise<Row[]> => {
  try {
    return (await on.query<Row>(values.length > 0 ? { name: nameOf(text), text, values: [...values] } : { text })).rows;
  } catch (error) {
    throw storeFailure(error);
  }
};
