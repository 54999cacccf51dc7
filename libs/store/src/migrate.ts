import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import { failureKind, halt } from '@touchpoint/kernel';
import { storeFailure } from './pool.ts';

/** One step of the database's shape; applied once, in the order given; never changed after a release. */
export type Migration = Readonly<{ id: string; sql: string }>;

/** Held by whoever migrates a database, for as long as its connection lives: a process that is killed leaves no lock behind. */
const LOCK = 7_202_600;
/** How long to wait for another process that migrates. */
const LOCK_TIMEOUT = '60s';

/**
 * Brings a database to the shape these migrations describe, all that are new in one transaction. Several processes may do so at once, with different lists: one
 * waits for the other; what is applied already, and what others have applied, is left alone. knex' own lock stays when a process is killed and refuses a
 * second one; under ours, which a connection holds, there is nobody to keep it from.
 * @returns the ids applied now.
 * @throws Failure Transient when Postgres cannot be asked, Halt `STORE.MIGRATION_CHANGED` when one that is applied reads otherwise by now; Error that names the migration that failed.
 */
export const migrate = async (databaseUrl: string, migrations: readonly Migration[]): Promise<readonly string[]> => {
  // Only one process ever migrates; all others, which import this file too, shall not pay for it.
  const { default: createKnex } = await import('knex');
  // One connection for all: the one that holds the lock.
  const knex = createKnex({ client: 'pg', connection: { connectionString: databaseUrl, application_name: 'touchpoint-migrate', connectionTimeoutMillis: 5_000 }, pool: { min: 1, max: 1 }, log: QUIET });
  const source = sourceOf(migrations);
  const config: Knex.MigratorConfig = { migrationSource: source, schemaName: 'log', tableName: 'migrated', disableMigrationsListValidation: true };
  try {
    await knex.raw(`set lock_timeout = '${LOCK_TIMEOUT}'`);
    await knex.raw(`select pg_advisory_lock(${LOCK})`);
    await knex.raw('create schema if not exists log; create table if not exists log.migrated_digest (id text primary key, digest text not null)');
    await knex.migrate.forceFreeMigrationsLock(config);
    await checkUnchanged(knex, config, migrations);
    const [, applied] = (await knex.migrate.latest(config)) as [batch: number, ids: string[]];
    return applied;
  } catch (error) {
    const failure = storeFailure(error);
    if (failure instanceof Error && failureKind(failure) !== 'Halt') failure.message = `migration ${source.at()}: ${failure.message}`;
    throw failure;
  } finally {
    await knex.destroy();
  }
};

const digestOf = ({ sql }: Migration): string => createHash('sha256').update(sql).digest('hex');

/** What is applied stays as it was written: tables of another shape would fail later, in the middle of a batch. */
const checkUnchanged = async (knex: Knex, config: Knex.MigratorConfig, migrations: readonly Migration[]): Promise<void> => {
  const [applied] = (await knex.migrate.list(config)) as [applied: readonly Readonly<{ name: string }>[], fresh: unknown];
  const digests = new Map((await knex.raw<{ rows: { id: string; digest: string }[] }>('select id, digest from log.migrated_digest')).rows.map(({ id, digest }) => [id, digest]));
  const names = new Set(applied.map(({ name }) => name));
  const changed = migrations.filter((migration) => names.has(migration.id) && digests.get(migration.id) !== digestOf(migration)).map(({ id }) => id);
  if (changed.length > 0)
    throw halt('STORE.MIGRATION_CHANGED', `this database was made by another build: ${changed.join(', ')} changed since`);
};

/** Its warnings repeat what is thrown. */
const QUIET = { warn: () => undefined, error: () => undefined, deprecate: () => undefined, debug: () => undefined };

/** Migrations as knex takes them: each id once. `at`: the one that was begun last. */
const sourceOf = (migrations: readonly Migration[]): Knex.MigrationSource<Migration> & { at: () => string } => {
  let at = 'before the first';
  return {
    getMigrations: () => Promise.resolve([...new Map(migrations.map((migration) => [migration.id, migration])).values()]),
    getMigrationName: ({ id }) => id,
    getMigration: ({ id, sql }) =>
      Promise.resolve({
        up: async (on: Knex) => {
          at = id;
          await on.raw(sql);
          await on.raw('insert into log.migrated_digest (id, digest) values (?, ?)', [id, digestOf({ id, sql })]);
        },
        down: () => Promise.reject(new Error('there is no way back: migrate forward')),
      }),
    at: () => at,
  };
};

export const migrations: readonly Migration[] = [
  {
    id: 'log.001-checkpoint',
    sql: `
      create table log.incarnation (one boolean primary key default true check (one), number integer not null default 1);
      insert into log.incarnation default values;

      create table log.checkpoint (
        consumer text, topic text, partition integer,
        version bigint not null default 0,
        next_offset bigint not null default 0,
        seen jsonb not null default '{}',
        sent jsonb not null default '{}',
        origin text,
        set_aside jsonb not null default '{}',
        anchor text,
        resolved_to bigint,
        updated_at timestamptz not null default now(),
        primary key (consumer, topic, partition)
      ) with (fillfactor = 50);
      comment on table log.checkpoint is 'A worker''s position, written in the transaction that writes its effects. Positions live here, not in Kafka.';
      comment on column log.checkpoint.version is 'Raised by every transaction and every assignment; who updates no row is fenced.';
      comment on column log.checkpoint.seen is 'Last seq taken, per origin.';
      comment on column log.checkpoint.sent is 'Last seq given under this origin, per target partition.';
      comment on column log.checkpoint.set_aside is 'The same of other origins (versions, incarnations) that this consumer has sent under.';
      comment on column log.checkpoint.anchor is 'What the record before the checkpoint was: a log that was cut or created again does not match.';
      comment on column log.checkpoint.resolved_to is 'Everything the broker took up to this instant (epoch ms) has been processed and sent on.';

      create table log.pending (
        consumer text, topic text, partition integer, id bigint, payload bytea not null, committed_at timestamptz not null default now(),
        primary key (consumer, topic, partition, id)
      );
      alter table log.pending alter payload set storage external;
      comment on table log.pending is 'Committed, not yet known to be sent. Deleted by exact id after the acknowledgement.';

      create table log.parked (
        id bigint generated always as identity primary key,
        consumer text not null, topic text not null, partition integer not null, "offset" bigint not null,
        key text not null, code text not null, detail text not null, record bytea not null, recorded_at bigint not null,
        blocking boolean not null default true,
        parked_at timestamptz not null default now(), retry_at timestamptz,
        unique (consumer, topic, partition, "offset")
      );
      create index on log.parked (consumer, topic, partition, key);
      create index on log.parked (consumer, topic, partition) where retry_at is not null;
      comment on column log.parked.blocking is 'Whether later records of its key are parked behind it.';
      comment on table log.parked is 'Records a consumer could not process, and their key''s later ones, in order, until they are retried or dropped.';
    `,
  },
  {
    id: 'log.002-dropped',
    sql: `
      alter table log.parked add column dropped boolean not null default false;
      comment on column log.parked.dropped is 'An operator dropped it: its bytes are gone, and its partition''s owner deletes it and redrives what lies behind it.';

      create table log.dropped (
        consumer text, topic text, partition integer, "offset" bigint, key text not null, code text not null, run_id uuid not null, dropped_at timestamptz not null default now(),
        primary key (consumer, topic, partition, "offset")
      );
      create index on log.dropped (consumer, key);
      comment on table log.dropped is 'Positions that a consumer passed over because an operator dropped the parked record. The records themselves are on the log alone.';
    `,
  },
  {
    id: 'log.003-restored',
    sql: `
      alter table log.incarnation add column restore_needed text;
      comment on column log.incarnation.restore_needed is 'Why this database may know less than the log does: no worker takes a partition before touchpoint restore has ended. Null: it does not.';
      create table log.restored (topic text, partition integer, until bigint not null, primary key (topic, partition));
      comment on table log.restored is 'Up to where the last restore read a partition: what is decided on records before may stand on the log already.';
      create table log.found (id text primary key);
      comment on table log.found is 'Facts and commands that a restore found on the log and this database does not know of: they are not sent again.';
    `,
  },
];
