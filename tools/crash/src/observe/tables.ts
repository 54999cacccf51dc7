import { types as defaults } from 'pg';
import type { MessageReader } from '@touchpoint/log';
import { query, type Pool } from '@touchpoint/store';
import type { Timeline } from './timeline.ts';

export type Row = Readonly<Record<string, unknown>>;

/** What the system keeps of people and of its own work. Not `access`: keys of the API are made anew for each system. */
const SCHEMAS = ['identity', 'profile', 'orchestration', 'delivery', 'vault'];
/** Of the log's own tables. Those for what is pending and parked have to be empty (see `problems.ts`). */
const OF_THE_LOG = ['log.checkpoint'];

const INT8 = 20;
const DATE = 1082;
/** Whole numbers as numbers (they are below 2⁵³), days as text; the rest as `pg` has it. */
const typed = (text: string) => ({
  text,
  types: {
    getTypeParser: (oid: number, format: 'text' | 'binary' = 'text') => (oid === INT8 ? Number : oid === DATE ? String : (defaults.getTypeParser as (oid: number, format: string) => (value: string) => unknown)(oid, format)),
  },
});

/** A table whose rows hold as many events as a batch brought: which ones is chance. Its view has a row for each. */
const SEEN_THROUGH: Readonly<Record<string, string>> = { 'profile.timeline_index_v1': 'profile.timeline_index' };

/** Every table that there is, whoever made it: a new one is compared as soon as it exists. */
export const readTables = async (pool: Pool): Promise<ReadonlyMap<string, readonly Row[]>> => {
  const found = await query<{ name: string }>(pool, `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition and n.nspname = any($1) order by 1`, [SCHEMAS]);
  const tables = new Map<string, readonly Row[]>();
  for (const table of [...found.map(({ name }) => name), ...OF_THE_LOG]) {
    const [schema, name] = (SEEN_THROUGH[table] ?? table).split('.') as [string, string];
    tables.set(table, (await pool.query<Row>(typed(`select * from ${schema}."${name}"`) as never)).rows);
  }
  return tables;
};

/** Bodies decoded, positions beside the names of what lies there. */
export const explained = async (tables: ReadonlyMap<string, readonly Row[]>, timeline: Timeline, reader: MessageReader): Promise<ReadonlyMap<string, readonly Row[]>> => {
  const messages = tables.get('delivery.message') ?? [];
  await reader.prepare(messages.map(({ command }) => command as Buffer));
  const explain: Readonly<Record<string, (row: Row) => Row>> = {
    'profile.timeline_index_v1': (row) => ({ ...row, record: timeline.at(row['partition'] as number, row['offset'] as number) ?? 'nothing' }),
    'delivery.message': (row) => {
      const command = reader.read('SendMessage', row['command'] as Buffer).data as Readonly<{ decidedPartition: number; decidedOffset: number }>;
      return { ...row, command, decidedAt: timeline.at(command.decidedPartition, command.decidedOffset) ?? 'nothing' };
    },
  };
  return new Map([...tables].map(([table, rows]) => [table, explain[table] ? rows.map(explain[table]) : rows]));
};
