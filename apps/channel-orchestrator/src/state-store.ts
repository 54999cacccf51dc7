import { parseState, publishedOf, type CustomerState, type Published } from '@touchpoint/orchestration';
import type { JourneysPublished } from '@touchpoint/contracts';
import type { CustomerId } from '@touchpoint/kernel';
import { query, type Client, type Queryable } from '@touchpoint/store';

/** The states of these customers; one that has none yet is missing. */
export const loadStates = async (on: Queryable, customerIds: readonly CustomerId[]): Promise<ReadonlyMap<CustomerId, CustomerState>> => {
  if (customerIds.length === 0) return new Map();
  const rows = await query<{ customer_id: CustomerId; state: string }>(on, 'select customer_id, state from orchestration.customer where customer_id = any($1::uuid[])', [`{${customerIds.join(',')}}`]);
  return new Map(rows.map(({ customer_id, state }) => [customer_id, parseState(state)]));
};

export type InForce = Readonly<{ published: Published; record: JourneysPublished['data'] }>;

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

/** The set that decides on a partition; undefined before the first one. */
export const loadInForce = async (on: Queryable, partition: number): Promise<Published | undefined> => {
  const [row] = await query<{ published: string }>(on, 'select s.published from orchestration.in_force f join orchestration.published_set s using (set_number) where f.partition = $1', [partition]);
  return row && compiledSet(JSON.parse(row.published) as JourneysPublished['data']);
};

/** From this offset of the partition on, the set decides. What was published is kept here too, so that the table can be rebuilt from the log. */
export const saveInForce = async (client: Client, partition: number, record: JourneysPublished['data'], offset: number): Promise<void> => {
  await client.query("insert into orchestration.published_set (set_number, digest, published) values ($1, '', $2) on conflict (set_number) do nothing", [record.setNumber, JSON.stringify(record)]);
  await client.query(
    'insert into orchestration.in_force (partition, set_number, since_offset) values ($1, $2, $3) on conflict (partition) do update set set_number = excluded.set_number, since_offset = excluded.since_offset',
    [partition, record.setNumber, offset],
  );
};
