import type { Column, Columns } from '@touchpoint/kernel';
import { quoted } from './names.ts';

/**
 * What a row (`t`) becomes when another part (`excluded`) of the same row is merged into it, by the rule of a column: the same as the merge rules of kernel's
 * projection.ts say, so that parts may be added up before the row is known. Checked value by value against them in projection-table.int.spec.ts.
 */
export const mergedColumn = (columns: Columns, name: string): string => {
  const { merge, type } = columns[name]!;
  const [mine, theirs] = [`t.${quoted(name)}`, `excluded.${quoted(name)}`];
  const either = (both: string) => `coalesce(${both}, ${mine}, ${theirs})`;
  if (typeof merge === 'object') {
    const [by, later] = 'latest' in merge ? [merge.latest, '>'] : [merge.earliest, '<'];
    const [myAt, theirAt] = [`t.${quoted(by)}`, `excluded.${quoted(by)}`];
    return `case when ${theirAt} is null then ${mine} when ${myAt} is null or ${theirAt} ${later} ${myAt} then ${theirs}
      when ${theirAt} = ${myAt} and ${theirs} is not null and (${mine} is null or ${greater(theirs, mine, type)}) then ${theirs} else ${mine} end`;
  }
  switch (merge) {
    case 'sum': return either(`${mine} + ${theirs}`);
    case 'or': return either(`${mine} or ${theirs}`);
    case 'bits': return either(`${mine} | ${theirs}`);
    case 'min': return `case when ${theirs} is null or ${greater(theirs, mine, type)} then coalesce(${mine}, ${theirs}) else ${theirs} end`;
    case 'max': return `case when ${theirs} is null or ${greater(mine, theirs, type)} then coalesce(${mine}, ${theirs}) else ${theirs} end`;
    case 'keys': return entries(mine, theirs, 'desc');
    case 'firstKeys': return entries(mine, theirs, 'asc');
  }
};

/** The order that "greater" means in a merge rule: text by its bytes, JSON by its jsonb text. */
const greater = (a: string, b: string, type: Column['type']): string => {
  if (type === 'json') return `${a}::text collate "C" > ${b}::text collate "C"`;
  return type === 'text' ? `${a} collate "C" > ${b} collate "C"` : `${a} > ${b}`;
};

/** Most parts say nothing of a JSON column: then it is not looked into. */
const entries = (mine: string, theirs: string, direction: 'asc' | 'desc'): string => `case when ${mine} is null or ${mine} = '{}' then coalesce(${theirs}, ${mine}) when ${theirs} is null or ${theirs} = '{}' then ${mine} else
    (select jsonb_object_agg(e.name, e.entry) from (
      select distinct on (x.name) x.name, x.entry from (select * from jsonb_each(${mine}) union all select * from jsonb_each(${theirs})) as x(name, entry)
      order by x.name, (x.entry ->> 'at')::numeric ${direction}, x.entry::text collate "C" desc) e) end`;
