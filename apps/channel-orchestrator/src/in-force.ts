import type { JourneysPublished } from '@touchpoint/contracts';
import { publishedOf, type Published } from '@touchpoint/orchestration';
import { passedOffsets, query, type Client, type Queryable } from '@touchpoint/store';
import { CONSUMER } from './consumer.ts';

/** How far history was folded for the measures of a set; `seen`: of each origin by then. */
export type Filling = Readonly<{ set: number; next: number; seen: Readonly<Record<string, number>> }>;
/** What decides on a partition. `told`: the newest set whose segments were said to count; `sweep`: the last customer that was called to be looked at since, null: all were. */
export type InForce = Readonly<{ published: Published; told: number; filling: Filling | null; sweep: string | null }>;

const compiled = new Map<number, Published>();
/** Partitions that lag decide by older sets; a log that is read from its beginning has many of them, one after another. */
const MAX_COMPILED = 8;
/** A published set, compiled once while it is in use. */
export const compiledSet = (record: JourneysPublished['data']): Published => {
  let published = compiled.get(record.setNumber);
  if (published) compiled.delete(record.setNumber);
  else published = publishedOf(record);
  compiled.set(record.setNumber, published);
  if (compiled.size > MAX_COMPILED) compiled.delete(compiled.keys().next().value!);
  return published;
};

/** undefined before the first set. */
export const loadInForce = async (on: Queryable, partition: number): Promise<InForce | undefined> => {
  const [row] = await query<{ published: string; live_set: string; told_set: string; filling: Filling | null; sweep_after: string | null }>(on,
    'select s.published, f.live_set, f.told_set, f.filling, f.sweep_after from orchestration.in_force f join orchestration.published_set s using (set_number) where f.partition = $1', [partition]);
  return row && { published: { ...compiledSet(JSON.parse(row.published) as JourneysPublished['data']), live: Number(row.live_set) }, told: Number(row.told_set), filling: row.filling, sweep: row.sweep_after };
};

/** A set as it was published. @throws Error when there is none of this number. */
export const loadSet = async (on: Queryable, setNumber: number): Promise<JourneysPublished['data']> => {
  const [row] = await query<{ published: string }>(on, 'select published from orchestration.published_set where set_number = $1', [setNumber]);
  if (!row) throw new Error(`the set ${setNumber} is in force and not known`);
  return JSON.parse(row.published) as JourneysPublished['data'];
};

/** From this offset of the partition on, the set decides. What was published is kept here too, so that the table can be rebuilt from the log. */
export const saveInForce = async (client: Client, topic: string, partition: number, record: JourneysPublished['data'], offset: number): Promise<void> => {
  await client.query("insert into orchestration.published_set (set_number, digest, published) values ($1, '', $2) on conflict (set_number) do nothing", [record.setNumber, JSON.stringify(record)]);
  await client.query(
    'insert into orchestration.in_force (partition, set_number, since_offset) values ($1, $2, $3) on conflict (partition) do update set set_number = excluded.set_number, since_offset = excluded.since_offset',
    [partition, record.setNumber, offset],
  );
  const passed = (await passedOffsets(client, { consumer: CONSUMER, topic, partition })).filter((one) => one < offset);
  await client.query('insert into orchestration.set_offset (partition, set_number, since_offset, passed) values ($1, $2, $3, $4) on conflict (partition, set_number) do nothing', [partition, record.setNumber, offset, passed]);
};

/** From here on the segments of this set count. @param sweeps every customer is to be looked at */
export const saveLive = async (client: Client, partition: number, setNumber: number, sweeps: boolean): Promise<void> => {
  await client.query('update orchestration.in_force set live_set = $2, told_set = greatest(told_set, $2), sweep_after = coalesce($3, sweep_after) where partition = $1', [partition, setNumber, sweeps ? FIRST : null]);
};
/** Before every customer id. */
export const FIRST = '00000000-0000-0000-0000-000000000000';

export const saveFilling = async (client: Client, partition: number, filling: Filling | null, told: number): Promise<void> => {
  await client.query('update orchestration.in_force set filling = $2, told_set = $3 where partition = $1', [partition, filling && JSON.stringify(filling), told]);
};

export const saveSweep = async (client: Client, partition: number, sweep: string | null): Promise<void> => {
  await client.query('update orchestration.in_force set sweep_after = $2 where partition = $1', [partition, sweep]);
};

/** Where a set took effect on a partition, and what of before it was passed by. */
export const setOffset = async (on: Queryable, partition: number, setNumber: number): Promise<Readonly<{ until: number; passed: ReadonlySet<number> }>> => {
  const [row] = await query<{ since_offset: string; passed: string[] }>(on, 'select since_offset, passed from orchestration.set_offset where partition = $1 and set_number = $2', [partition, setNumber]);
  return { until: Number(row?.since_offset ?? 0), passed: new Set((row?.passed ?? []).map(Number)) };
};
