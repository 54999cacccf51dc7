import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { reachable, unprivilegedAccount, type Account } from './account.ts';
import { run } from './command.ts';
import { bareEnv } from './config.ts';
import type { Launch } from './keeper-protocol.ts';
import type { Part, PartContext } from './part.ts';
import { makeOpenFolder, openFolder, postgresBinaries } from './postgres-binaries.ts';
import { clearStalePid } from './postgres-pid.ts';
import { makeDatabases, query } from './postgres-setup.ts';
import { StackError } from './stack-error.ts';

/** Settings of `postgresql.conf` that a caller wants otherwise, e.g. `{ fsync: 'off' }` for a throw-away test. */
export type PostgresOptions = Readonly<{ overrides?: Readonly<Record<string, string>> }>;

/** Tells whose password a data folder has, and lies in it. */
const passwordMark = 'touchpoint.password';

const hash = (dir: string): string => createHash('sha256').update(dir).digest('hex').slice(0, 12);

/** Where a folder's database lies: inside of it, unless the account that root lends cannot get there (a home folder of mode 0700). */
export const choosePostgresHome = async (dir: string): Promise<string> => {
  const account = await unprivilegedAccount();
  // The folder itself is ours to open (what is secret in it has modes of its own); those above it are not.
  if (account) await chmod(dir, (await stat(dir)).mode | 0o011);
  return !account || (await reachable(dir, account)) ? join(dir, 'postgres') : join(await makeOpenFolder(), hash(dir));
};

/** The only places where a database of this folder may lie, and be removed from. */
export const postgresHomes = (dir: string): readonly string[] => [join(dir, 'postgres'), join(openFolder, hash(dir))];

/** The server's own arguments; its children carry the cluster's name instead. */
export const postgresMarker = (home: string): string => `-D ${join(home, 'data')}`;

export const postgresPart = (context: PartContext, home: string, options: PostgresOptions = {}): Part => {
  const { dir, ports, passwords } = context;
  const port = ports['postgres'] ?? 0;
  const data = join(home, 'data');
  const fingerprint = createHash('sha256').update(passwords.postgres).digest('hex');
  const cluster = `touchpoint-${hash(dir)}`;
  const admin = { host: '127.0.0.1', port, user: 'postgres', password: passwords.postgres, database: 'postgres' };

  const prepare = async (): Promise<Launch> => {
    const account = await unprivilegedAccount();
    const binaries = await postgresBinaries(account);
    await mkdir(home, { recursive: true });
    await give(home, account, 0o700);
    await clearStalePid(data, postgresMarker(home), cluster);
    const version = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined);
    if (version === undefined) await init(binaries, account);
    else if (version.trim() !== '18') throw new StackError('STACK.BAD_STATE', `${data} was made by Postgres ${version.trim()}, and this is Postgres 18: move its data, or wipe the stack.`);
    await write('postgresql.conf', configuration(port, cluster, options.overrides ?? {}), account);
    await write('pg_hba.conf', 'host all all 127.0.0.1/32 scram-sha-256\n', account);
    await ensurePassword(binaries, account);
    return {
      name: 'postgres', tier: 0,
      file: join(binaries, 'bin/postgres'), args: ['-D', data],
      env: bareEnv(context.env), cwd: home, account,
      log: join(dir, 'log', 'postgres.log'), marker: postgresMarker(home),
      // SIGTERM would wait for every client to go; SIGINT ends their sessions and writes a checkpoint.
      stopSignal: 'SIGINT', graceMs: 30_000,
    };
  };

  const write = async (name: string, text: string, account: Account | undefined): Promise<void> => {
    await writeFile(join(data, name), text);
    await give(join(data, name), account, 0o600);
  };

  /** Made beside its place and renamed, so that a folder with PG_VERSION is a whole one. */
  const init = async (binaries: string, account: Account | undefined): Promise<void> => {
    context.onProgress('making the database folder');
    const draft = join(home, 'data.new');
    const passwordFile = join(home, 'password.new');
    await rm(draft, { recursive: true, force: true });
    await writeFile(passwordFile, passwords.postgres, { mode: 0o600 });
    await give(passwordFile, account, 0o600);
    const durable = options.overrides?.['fsync'] !== 'off';
    const { code, lines } = await run({
      file: join(binaries, 'bin/initdb'),
      args: ['-D', draft, '-U', 'postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', ...(durable ? [] : ['--no-sync'])],
      env: bareEnv(context.env), cwd: home, account, limitMs: 120_000, signal: context.signal,
    }).finally(() => rm(passwordFile, { force: true }));
    if (code !== 0) throw new StackError('STACK.PREPARE_FAILED', `postgres: initdb ended with ${code === null ? 'its time limit' : `exit code ${code}`}\n${lines.slice(-5).join('\n')}`);
    await writeFile(join(draft, passwordMark), fingerprint);
    await rename(draft, data);
  };

  /** A folder whose stack.json was lost has another password than we remember: Postgres takes ours while it runs for us alone. */
  const ensurePassword = async (binaries: string, account: Account | undefined): Promise<void> => {
    if ((await readFile(join(data, passwordMark), 'utf8').catch(() => '')) === fingerprint) return;
    context.onProgress('setting its password anew');
    const { code, lines } = await run({
      file: join(binaries, 'bin/postgres'), args: ['--single', '-D', data, 'postgres'], input: `alter role postgres password ${pg.escapeLiteral(passwords.postgres)}\n`,
      env: bareEnv(context.env), cwd: home, account, limitMs: 120_000, signal: context.signal,
    });
    if (code !== 0) throw new StackError('STACK.PREPARE_FAILED', `postgres: its password could not be set (exit code ${code})\n${lines.slice(-5).join('\n')}`);
    await write(passwordMark, fingerprint, account);
  };

  return {
    name: 'postgres',
    settings: JSON.stringify(options.overrides ?? {}),
    marker: postgresMarker(home),
    prepare,
    probe: () => query(admin, 'select 1'),
    settle: () => makeDatabases(admin, passwords),
  };
};

const give = async (path: string, account: Account | undefined, mode: number): Promise<void> => {
  await chmod(path, mode);
  if (account) await chown(path, account.uid, account.gid);
};

/** Durable as in production; sized for a developer's machine. Statements and values stay out of the log: they may be personal data. */
const configuration = (port: number, cluster: string, overrides: Readonly<Record<string, string>>): string => {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', cluster_name: cluster,
    password_encryption: 'scram-sha-256', max_connections: '200',
    fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', wal_level: 'replica', max_wal_senders: '4', max_wal_size: '2GB', checkpoint_timeout: '15min',
    shared_buffers: '256MB', effective_cache_size: '2GB', work_mem: '16MB', maintenance_work_mem: '128MB', jit: 'off', random_page_cost: '1.1',
    timezone: 'UTC', log_timezone: 'UTC', lc_messages: 'C', default_text_search_config: 'pg_catalog.simple',
    log_min_messages: 'warning', log_min_error_statement: 'panic', log_error_verbosity: 'terse', log_line_prefix: '%m [%p] %q%u@%d ', log_checkpoints: 'off',
    ...overrides,
  };
  return Object.entries(settings).map(([key, value]) => `${key} = '${value.replaceAll("'", "''")}'\n`).join('');
};
