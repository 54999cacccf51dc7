import type { Column, Columns, KeyColumns } from '@touchpoint/kernel';
import { quoted } from '@touchpoint/store';

type Model = Readonly<{ name: string; key: KeyColumns; columns: Columns }>;

/** The order that "greater" means in a merge rule, as libs/profile has it. */
const ordered = (sql: string, { type }: Pick<Column, 'type'>): string => (type === 'json' ? `${sql}::text collate "C"` : type === 'text' ? `${sql} collate "C"` : sql);

/** The entry of each name that counts, over all the objects. */
const entries = (sql: string, direction: 'asc' | 'desc'): string => `(select coalesce(jsonb_object_agg(e.name, e.entry), '{}') from (
      select distinct on (x.name) x.name, x.entry from unnest(array_agg(${sql})) as j(doc), jsonb_each(j.doc) as x(name, entry)
      order by x.name, (x.entry ->> 'at')::numeric ${direction}, x.entry::text collate "C" desc) e)`;

const merged = (name: string, column: Column): string => {
  const { type, merge } = column;
  const sql = `t.${quoted(name)}`;
  if (typeof merge === 'object') {
    const [by, direction] = 'latest' in merge ? [merge.latest, 'desc'] : [merge.earliest, 'asc'];
    return `(array_agg(${sql} order by t.${quoted(by)} ${direction}, ${ordered(sql, column)} desc nulls last) filter (where t.${quoted(by)} is not null))[1]`;
  }
  switch (merge) {
    case 'sum': return `sum(${sql})${type === 'numeric' ? '' : '::bigint'}`;
    case 'min': return `min(${ordered(sql, column)})`;
    case 'max': return `max(${ordered(sql, column)})`;
    case 'or': return `bool_or(${sql})`;
    case 'bits': return `bit_or(${sql})`;
    case 'keys': return entries(sql, 'desc');
    case 'firstKeys': return entries(sql, 'asc');
  }
};
const alone = (name: string, { merge, type }: Column): string => `t.${quoted(name)}${merge === 'sum' && type === 'integer' ? '::bigint' : ''}`;

/**
 * A select over a read model with the rows of merged customers joined by the columns' rules, the same as `merge()` in libs/profile: customer_id, the key, and the
 * columns named. Customers that were never merged are read as they are, which are nearly all: only sets are grouped.
 * @param where a condition on key columns of the table `t`, so that fewer rows are read.
 */
export const mergedSelect = (model: Model, columns: readonly string[], where = 'true'): string => {
  const keys = Object.keys(model.key).map((name) => `t.${quoted(name)}`);
  const list = columns.map((name) => [name, model.columns[name] ?? missing(model, name)] as const);
  const from = `profile.${quoted(model.name)} t`;
  const pick = (customerId: string, of: (name: string, column: Column) => string) => [`${customerId} as customer_id`, ...keys, ...list.map(([name, column]) => `${of(name, column)} as ${quoted(name)}`)].join(', ');
  return `with sets as materialized (select member_id, customer_id from analytics.membership)
  select ${pick('t.customer_id', alone)} from ${from} where not exists (select from sets s where s.member_id = t.customer_id) and ${where}
  union all
  select ${pick('s.customer_id', merged)} from ${from} join sets s on s.member_id = t.customer_id where ${where} group by ${['s.customer_id', ...keys].join(', ')}`;
};

const missing = ({ name }: Model, column: string): never => {
  throw new Error(`${name} has no column ${column}`);
};
