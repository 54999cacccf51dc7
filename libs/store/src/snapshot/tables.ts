import { query, type Queryable } from '../pool.ts';

/** What a snapshot holds of a table. Read models are left out: they are folded from the log. */
export type Part = Readonly<{ name: string; /** With its schema, quoted. */ table: string; columns: string; where: string }>;

/** The schemas of a system's state; `profile` and `analytics` are made from the log. */
const SCHEMAS = ['access', 'delivery', 'identity', 'log', 'operations', 'orchestration', 'vault'];
/** What belongs to the database that it stands in: its shape; runs, of which one is writing this, and the rows of read models that they have replaced. */
const NOT = new Set(['log.migrated', 'log.migrated_lock', 'log.migrated_digest', 'operations.run', 'operations.run_row', 'operations.replaced', 'operations.replaced_row', 'operations.preview']);
/** Where read models stand goes with them. */
const OF_READ_MODELS = "consumer not like 'profile-projector%'";
const WHERE: Readonly<Record<string, string>> = { 'log.checkpoint': OF_READ_MODELS, 'log.parked': OF_READ_MODELS, 'log.dropped': OF_READ_MODELS };

/** Keys lie in a file of their own, which can be deleted alone; that a source was erased stays known without it. */
export const KEYS = 'vault.data_key';
const ERASED = `${KEYS}.erased`;

/** Whole tables, partitions as the table that they are a part of; those that others refer to come first. */
const TABLES = `with recursive t as (select c.oid, format('%I.%I', n.nspname, c.relname) as name,
    (select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '') as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = any($1) and c.relkind in ('r', 'p') and not c.relispartition),
  depth as (select oid, 0 as depth from t union select f.conrelid, d.depth + 1 from depth d join pg_constraint f on f.confrelid = d.oid and f.contype = 'f' and f.conrelid <> f.confrelid)
  select name, columns from t order by (select max(depth) from depth d where d.oid = t.oid), name`;

/** What a snapshot consists of, in the order in which it is loaded. */
export const partsOf = async (on: Queryable): Promise<readonly Part[]> =>
  (await query<{ name: string; columns: string }>(on, TABLES, [SCHEMAS])).filter(({ name }) => !NOT.has(name)).flatMap(({ name, columns }): Part[] => {
    const part = { name, table: name, columns, where: WHERE[name] ?? 'true' };
    return name === KEYS ? [{ ...part, name: ERASED, where: 'wrapped is null' }, { ...part, where: 'wrapped is not null' }] : [part];
  });

export type Sequence = Readonly<{ name: string; last: string }>;
/** Where numbers have come to; one that none was taken of is left out. */
export const sequencesOf = (on: Queryable): Promise<readonly Sequence[]> =>
  query<Sequence>(on, "select format('%I.%I', schemaname, sequencename) as name, last_value::text as last from pg_sequences where schemaname = any($1) and last_value is not null and sequencename <> 'migrated_id_seq' and sequencename <> 'migrated_lock_index_seq' order by 1", [SCHEMAS]);

/** The shape of a database: a snapshot is loaded into one of the same. */
export const shapeOf = async (on: Queryable): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries((await query<{ id: string; digest: string }>(on, 'select id, digest from log.migrated_digest order by id')).map(({ id, digest }) => [id, digest]));

/** The days of event ids that there are tables for. */
export const daysIn = async (on: Queryable): Promise<readonly string[]> =>
  (await query<{ day: string }>(on, "select to_char(to_date(right(c.relname, 8), 'YYYYMMDD'), 'YYYY-MM-DD') as day from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = to_regclass('identity.event_id') and c.relname ~ '^event_id_[0-9]{8}$' order by 1")).map(({ day }) => day);
