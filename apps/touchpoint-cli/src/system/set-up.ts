import { tableApiKeys } from '@touchpoint/host/access';
import { silentLog, systemClock } from '@touchpoint/host';
import { createKafka, createTopics, TOPICS } from '@touchpoint/log';
import { createPool, migrate, query, type Pool } from '@touchpoint/store';
import { failureKind } from '@touchpoint/kernel';
import type { Connections } from '@touchpoint/stack';
import { commandConfig } from '../config.ts';
import { CliError } from './cli-error.ts';
import { ensureOwnKeys, makeFirstKeys, type KeyTexts } from './first-keys.ts';
import { allMigrations } from './migrations.ts';
import type { Places } from './places.ts';
import { checkSecrets, type Secrets } from './secrets.ts';

/** A pool for a command: few connections, ended by it. */
export const commandPool = (databaseUrl: string): Pool => createPool({ databaseUrl, name: 'touchpoint-cli', max: 2, onError: () => undefined });

export const withPool = async <T>(databaseUrl: string, work: (pool: Pool) => Promise<T>): Promise<T> => {
  const pool = commandPool(databaseUrl);
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
};

export const kafkaFor = ({ kafkaBrokers }: Pick<Connections, 'kafkaBrokers'>) => createKafka({ brokers: kafkaBrokers, clientId: 'touchpoint-cli', log: silentLog, access: commandConfig() });

/** Creates the topics that are missing. @returns their names. */
export const setUpTopics = (connections: Connections, prefix: string, partitions?: number): Promise<readonly string[]> =>
  createTopics(kafkaFor(connections), prefix, partitions === undefined ? {} : { partitions });

/** Brings the database to its shape. @returns the migrations applied now. @throws CliError that says what to do about a database that cannot be brought there. */
export const setUpDatabase = async ({ databaseUrl }: Connections): Promise<readonly string[]> => {
  const migrations = await allMigrations();
  try {
    return await migrate(databaseUrl, migrations);
  } catch (error) {
    if (failureKind(error) === 'Transient') throw error;
    const { message } = error as Error;
    throw new CliError('SYSTEM.MIGRATION', `The database cannot be brought to its shape (${message.split('\n').at(-1)}): take the version of the code that made it, or begin anew with npx touchpoint down --wipe`, { cause: error });
  }
};

/** @throws CliError when the database has read in a log that is not this one: every worker would stop at that. */
export const checkLog = async ({ databaseUrl }: Connections, prefix: string, created: readonly string[]): Promise<void> => {
  if (!created.includes(prefix + TOPICS.timeline)) return;
  const read = await withPool(databaseUrl, (pool) => query(pool, 'select from log.checkpoint where topic = $1 and next_offset > 0 limit 1', [TOPICS.timeline]));
  if (read.length === 0) return;
  throw new CliError('SYSTEM.OTHER_LOG', `The database has read in another ${TOPICS.timeline} than ${prefix}${TOPICS.timeline}, which was created just now: set TOPIC_PREFIX and KAFKA_BROKERS as they were, or take another database`);
};

/** Checks that the secrets belong to this database. @returns the command's own keys. */
export const setUpAccess = ({ databaseUrl }: Connections, places: Places, secrets: Secrets): Promise<KeyTexts> =>
  withPool(databaseUrl, async (pool) => {
    await checkSecrets(pool, secrets, places);
    return ensureOwnKeys(tableApiKeys(pool, systemClock), places);
  });

/** The first keys, at the first start of a database. */
export const setUpFirstKeys = ({ databaseUrl }: Connections, own: KeyTexts): Promise<KeyTexts | undefined> => withPool(databaseUrl, (pool) => makeFirstKeys(tableApiKeys(pool, systemClock), own));
