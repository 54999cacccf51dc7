import { query, type Queryable } from './pool.ts';

/** Up to which offset the last restore read a partition; undefined: there was none. What is decided on records before may stand on the log already. */
export const restoredUntil = async (on: Queryable, topic: string, partition: number): Promise<number | undefined> => {
  const [row] = await query<{ until: string }>(on, 'select until from log.restored where topic = $1 and partition = $2', [topic, partition]);
  return row && Number(row.until);
};

/** Those of these facts and commands that a restore found on the log: they are not to be sent again. */
export const foundIds = async (on: Queryable, ids: readonly string[]): Promise<ReadonlySet<string>> =>
  new Set(ids.length === 0 ? [] : (await query<{ id: string }>(on, 'select id from log.found where id = any($1::text[])', [ids])).map(({ id }) => id));
