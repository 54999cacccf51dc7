import { TOPICS } from '@touchpoint/log';
import { query, transaction, type Client, type Pool, type Queryable } from '@touchpoint/store';
import { halt } from '@touchpoint/kernel';
import { LIVE, MODELS, NEXT, previousOf, tableOf, tablesOf } from './read-models.ts';

/** Which version of each read model is live. */
export const liveVersions = async (on: Queryable): Promise<ReadonlyMap<string, number>> =>
  new Map((await query<{ name: string; version: number }>(on, 'select name, version from profile.read_model')).map(({ name, version }) => [name, version]));

/** The read models of which this release folds another version than the live one. */
export const changedModels = async (on: Queryable): Promise<readonly string[]> => {
  const live = await liveVersions(on);
  return MODELS.filter((model) => live.get(model) !== tableOf(model, 'live').projection.version);
};

/** @throws Failure Halt where another version of a read model is live than this release folds: its rows are not to be mixed with ours. */
export const checkVersions = async (on: Queryable, models: readonly string[]): Promise<void> => {
  const live = await liveVersions(on);
  const other = models.filter((model) => live.get(model) !== tableOf(model, 'live').projection.version);
  if (other.length > 0) throw halt('REBUILD.OTHER_VERSION', `another version of ${other.join(', ')} is live than this release folds: first rebuild --changed`);
};

const isThere = async (on: Queryable, table: string): Promise<boolean> => (await query<{ there: boolean }>(on, 'select to_regclass($1) is not null as there', [table]))[0]!.there;

/** Indexes beside the primary key, as the live table has them. */
const indexesLike = async (on: Queryable, live: string, next: string): Promise<readonly string[]> =>
  (await query<{ method: string }>(on, `select regexp_replace(pg_get_indexdef(i.indexrelid), '^.* USING ', '') as method from pg_index i where i.indrelid = $1::regclass and not i.indisprimary`, [live])).map(({ method }) => `create index on ${next} using ${method};`);

/** Empty tables beside the live ones; those of a rebuild that was given up go. */
export const makeNext = async (client: Client, models: readonly string[]): Promise<void> => {
  await dropNext(client);
  for (const { ddl, table, projection } of tablesOf(models, 'next')) {
    await client.query([ddl.table, ddl.key].join('\n'));
    for (const index of await indexesLike(client, tableOf(projection.name, 'live').table, table)) await client.query(index);
  }
};

/** The tables that a rebuild has put aside become those that are brought up to date. @throws Failure Halt where there are none. */
export const makeNextOfPrevious = async (client: Client, model: string): Promise<void> => {
  await dropNext(client);
  const isLive = (await liveVersions(client)).get(model) === tableOf(model, 'live').projection.version;
  const { table } = tableOf(model, isLive ? 'previous' : 'live');
  const moved = await client.query('update log.checkpoint set consumer = $1, version = version + 1 where consumer = $2', [NEXT, previousOf(model)]);
  if (moved.rowCount === 0 || !(await isThere(client, table))) throw halt('REBUILD.NO_WAY_BACK', `of ${model} nothing is kept that one could go back to: a rebuild keeps what it replaces until the next one`);
  await client.query(`alter table ${table} rename to "${tableOf(model, 'next').name}"`);
};

export const dropNext = async (client: Client): Promise<void> => {
  for (const { table } of tablesOf(MODELS, 'next')) await client.query(`drop table if exists ${table}`);
  await client.query('delete from log.checkpoint where consumer = $1', [NEXT]);
  await client.query('delete from log.parked where consumer = $1', [NEXT]);
};
export const forgetNext = (pool: Pool): Promise<void> => transaction(pool, dropNext);

type Position = Readonly<{ partition: number; next_offset: string; seen: unknown }>;
const positions = (client: Client, consumer: string): Promise<readonly Position[]> =>
  query<Position>(client, 'select partition, next_offset, seen from log.checkpoint where consumer = $1 and topic = $2 and next_offset > 0 order by partition', [consumer, TOPICS.timeline]);

/** Somebody reads a view that is to be moved: it is tried again, since a reader that waits for us while we wait for it would be ended by Postgres. */
export class BeingRead extends Error {}
/** Less than Postgres takes to look for a deadlock. */
const LOCK_MS = 300;
const LOCK_NOT_AVAILABLE = '55P03';

/** Takes the views from their readers, all of them at once, before anything else is locked: readers come by the views, too. @throws BeingRead */
const takeViews = async (client: Client, models: readonly string[]): Promise<void> => {
  await client.query(`set local lock_timeout = ${LOCK_MS}`);
  try {
    await client.query(`lock table ${models.map((model) => tableOf(model, 'live').view).join(', ')} in access exclusive mode`);
  } catch (error) {
    throw (error as { code?: string }).code === LOCK_NOT_AVAILABLE ? new BeingRead('a read model is being read') : error;
  }
};

/**
 * Makes the tables beside the live ones. In the transaction that holds the projector: what it writes next, it writes into these. The ones they replace are kept, with where
 * they stand. @throws Failure Halt when both have not read the very same records; BeingRead
 */
export const cutOver = async (client: Client, models: readonly string[]): Promise<void> => {
  const [live, next] = [await positions(client, LIVE), await positions(client, NEXT)];
  if (JSON.stringify(live) !== JSON.stringify(next)) throw halt('REBUILD.NOT_LEVEL', 'the rebuilt tables have not read the same records as the live ones: nothing was moved');
  await takeViews(client, models);
  const versions = await liveVersions(client);
  let changed = false;
  for (const model of models) {
    const [{ table, name, ddl, projection }, previous, rebuilt] = [tableOf(model, 'live'), tableOf(model, 'previous'), tableOf(model, 'next')];
    if (versions.get(model) === projection.version) {
      await client.query(`drop table if exists ${previous.table}`);
      await client.query(`alter table ${table} rename to "${previous.name}"`);
    } else {
      changed = true;
      await client.query(`drop table if exists ${table}`);
      await client.query('update profile.read_model set version = $2 where name = $1', [model, projection.version]);
    }
    await client.query(`alter table ${rebuilt.table} rename to "${name}"`);
    await client.query(ddl.view);
    await client.query('delete from log.checkpoint where consumer = $1', [previousOf(model)]);
    await client.query('insert into log.checkpoint (consumer, topic, partition, version, next_offset, seen, anchor) select $2, topic, partition, 1, next_offset, seen, anchor from log.checkpoint where consumer = $1', [LIVE, previousOf(model)]);
  }
  await client.query('delete from log.checkpoint where consumer = $1', [NEXT]);
  await client.query('delete from log.parked where consumer = $1', [NEXT]);
  // Projectors of another release open their partitions again, and find that theirs is not the version that is live.
  if (changed) await client.query('update log.checkpoint set version = version + 1 where consumer = $1 and topic = $2', [LIVE, TOPICS.timeline]);
};
