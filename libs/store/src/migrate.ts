import knex from 'knex';

/** One step of the database's shape; applied once, in the order given; never changed after a release. */
export type Migration = Readonly<{ id: string; sql: string }>;

/**
 * Brings a database to the shape these migrations describe. Safe to call from several processes at once: knex holds a lock row.
 * @returns the ids applied now.
 */
export const migrate = async (databaseUrl: string, migrations: readonly Migration[]): Promise<readonly string[]> => {
  const db = knex({ client: 'pg', connection: databaseUrl, pool: { min: 0, max: 2 } });
  try {
    await db.raw('create schema if not exists log');
    const [, applied] = (await db.migrate.latest({
      schemaName: 'log',
      tableName: 'migration',
      migrationSource: {
        getMigrations: () => Promise.resolve([...migrations]),
        getMigrationName: ({ id }: Migration) => id,
        getMigration: ({ sql }: Migration) =>
          Promise.resolve({
            up: (on: knex.Knex) => on.raw(sql).then(() => undefined),
            down: () => Promise.reject(new Error('migrations go forward only')),
          }),
      },
    })) as [number, string[]];
    return applied;
  } finally {
    await db.destroy();
  }
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
        anchor text,
        resolved_to bigint,
        updated_at timestamptz not null default now(),
        primary key (consumer, topic, partition)
      ) with (fillfactor = 50);
      comment on table log.checkpoint is 'A worker''s position, written in the transaction that writes its effects. Positions live here, not in Kafka.';
      comment on column log.checkpoint.version is 'Raised by every transaction and every assignment; who updates no row is fenced.';
      comment on column log.checkpoint.seen is 'Last seq taken, per origin.';
      comment on column log.checkpoint.sent is 'Last seq given, per target partition.';
      comment on column log.checkpoint.anchor is 'What the record before the checkpoint was: a log that was cut or created again does not match.';
      comment on column log.checkpoint.resolved_to is 'Everything the broker took up to this instant (epoch ms) has been processed and sent on.';

      create table log.pending (
        consumer text, topic text, partition integer, id bigint, payload bytea not null,
        primary key (consumer, topic, partition, id)
      );
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
      comment on column log.parked.blocking is 'Whether later records of its key are parked behind it.';
      comment on table log.parked is 'Records a consumer could not process, and their key''s later ones, in order, until they are retried or dropped.';
    `,
  },
];
