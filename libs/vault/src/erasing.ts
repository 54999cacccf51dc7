import type { SourceKey } from '@touchpoint/kernel';
import type { Queryable } from '@touchpoint/store';

/** Sorted, as whoever makes keys does: two that meet take their locks in one order. */
const listed = (sourceKeys: Iterable<SourceKey>): string => `{${[...new Set(sourceKeys)].sort().join()}}`;

/**
 * Erases sources, in the transaction of whoever decides so: their keys are gone, and a tombstone stays, so that none is made again. Once more is nothing. What was
 * sealed under them is unreadable for every process within the time to live of its cache, 60 s at most. @returns how many keys there were.
 */
export const eraseKeys = async (on: Queryable, sourceKeys: Iterable<SourceKey>): Promise<number> => {
  const keys = listed(sourceKeys);
  if (keys === '{}') return 0;
  const { rows } = await on.query<{ keys: number }>(`with had as (select source_key from vault.data_key where source_key = any($1::uuid[]) and wrapped is not null),
    gone as (insert into vault.data_key (source_key, wrapped, master_id, erased_at) select k, null, null, now() from unnest($1::uuid[]) k
      on conflict (source_key) do update set wrapped = null, master_id = null, erased_at = coalesce(data_key.erased_at, excluded.erased_at))
    select count(*)::int as keys from had`, [keys]);
  return rows[0]!.keys;
};

/**
 * Lets keys go whose source lives on, as another customer's: what was sealed under them until now is unreadable, and the source gets a new key with its next personal
 * value. @returns how many there were.
 */
export const dropKeys = async (on: Queryable, sourceKeys: Iterable<SourceKey>): Promise<number> => {
  const keys = listed(sourceKeys);
  if (keys === '{}') return 0;
  return (await on.query('delete from vault.data_key where source_key = any($1::uuid[]) and erased_at is null', [keys])).rowCount ?? 0;
};
