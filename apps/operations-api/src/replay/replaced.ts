import { query, type Client, type Pool, type ProjectionTable, type Queryable } from '@touchpoint/store';
import { TOPICS } from '@touchpoint/log';
import type { Exchanged } from '../rebuild/exchange.ts';
import { passedByOf } from '../rebuild/live.ts';
import { LIVE } from '../rebuild/read-models.ts';

/** A piece of a replay that was done in one transaction: what it replaced, and where the projector stood then. `passed`: what it had parked or dropped by then, which the rows do not hold. */
export type Replaced = Readonly<{ nth: number; partition: number; stoodAt: number; seen: ReadonlyMap<string, number>; passed: readonly number[] }>;
/** Of one read model in such a piece. */
export type ReplacedModel = Readonly<{ model: string; version: number; customers: readonly string[] }>;

const aside = ({ name }: ProjectionTable): string => `pg_temp."${name}_aside"`;

/** Puts aside what stands of customers, until the transaction ends: which of it is worth keeping is known when it has been replaced. */
export const putAside = async (client: Client, tables: readonly ProjectionTable[], customers: readonly string[]): Promise<void> => {
  for (const one of tables) {
    await client.query(`create temp table "${one.name}_aside" (like ${one.table}) on commit drop`);
    await client.query(`insert into ${aside(one)} select * from ${one.table} where customer_id = any($1::uuid[])`, [customers]);
  }
};

/** Keeps what was put aside of those that came out otherwise, to be put back. In the transaction that replaced it. */
export const keepReplaced = async (client: Client, tables: readonly ProjectionTable[], { runId, nth, partition, stoodAt }: Readonly<{ runId: string; nth: number; partition: number; stoodAt: number }>, exchanged: readonly Exchanged[]): Promise<void> => {
  if (exchanged.length === 0) return;
  const passed = await passedByOf(client, partition, [...new Set(exchanged.map(({ customer }) => customer))]);
  await client.query(`insert into operations.replaced (run_id, nth, partition, stood_at, seen, passed)
    select $1, $2, $3, $4, seen, $7 from log.checkpoint where consumer = $5 and topic = $6 and partition = $3`, [runId, nth, partition, stoodAt, LIVE, TOPICS.timeline, passed]);
  for (const one of tables) {
    const { name, version } = one.projection;
    const customers = exchanged.filter(({ model }) => model === name).map(({ customer }) => customer);
    if (customers.length === 0) continue;
    await client.query(`insert into operations.replaced_row (run_id, nth, model, version, customer_id, rows)
      select $1, $2, $3, $4, c, (select coalesce(jsonb_agg(to_jsonb(t)), '[]') from ${aside(one)} t where t.customer_id = c) from unnest($5::uuid[]) c`, [runId, nth, name, version, customers]);
  }
};

/** What a run has replaced, and nobody has put back. */
export const replacedBy = async (on: Queryable, runId: string): Promise<readonly Replaced[]> =>
  (await query<{ nth: number; partition: number; stood_at: string; seen: Record<string, number>; passed: readonly string[] }>(on, 'select nth, partition, stood_at, seen, passed from operations.replaced where run_id = $1 order by nth', [runId]))
    .map(({ nth, partition, stood_at, seen, passed }) => ({ nth, partition, stoodAt: Number(stood_at), seen: new Map(Object.entries(seen)), passed: passed.map(Number) }));

export const replacedModels = async (on: Queryable, runId: string, nth: number): Promise<readonly ReplacedModel[]> =>
  query<ReplacedModel & { customers: string[] }>(on, 'select model, version, array_agg(customer_id::text order by customer_id) as customers from operations.replaced_row where run_id = $1 and nth = $2 group by 1, 2 order by 1', [runId, nth]);

/** Puts rows back in the place of those that stand there. */
export const putBack = async (client: Client, { table }: ProjectionTable, { runId, nth, model, customers }: ReplacedModel & Readonly<{ runId: string; nth: number }>): Promise<void> => {
  await client.query(`delete from ${table} where customer_id = any($1::uuid[])`, [customers]);
  await client.query(`insert into ${table} select r.* from operations.replaced_row k, jsonb_populate_recordset(null::${table}, k.rows) r where k.run_id = $1 and k.nth = $2 and k.model = $3`, [runId, nth, model]);
};

export const forgetReplaced = (client: Client, runId: string, nth: number): Promise<unknown> => client.query('delete from operations.replaced where run_id = $1 and nth = $2', [runId, nth]);

/** What was kept for longer than it can be put back goes. */
export const forgetOld = async (pool: Pool, days: number): Promise<void> => {
  await query(pool, 'delete from operations.replaced where at < now() - make_interval(days => $1)', [days]);
};

/** Of customers that were erased, nothing is put back. */
export const forgetCustomers = async (pool: Pool, customers: readonly string[]): Promise<void> => {
  await query(pool, 'delete from operations.replaced_row where customer_id = any($1::uuid[])', [customers]);
};

// A rebuild moves rows at its very end; what single customers are folded anew by, and a replay, piece by piece: by these it counts when they did.
const SINCE = `with mine as (select k.model, k.customer_id, d.at from operations.replaced_row k join operations.replaced d using (run_id, nth) where run_id = $1)
  select r.id, r.operation from operations.run r where r.apply and r.started_at is not null and coalesce(r.ended_at, now()) > (select min(at) from mine)
    and (r.operation = 'rebuild-customers' or (r.operation = 'rebuild' and (r.ended_at is null or r.state = 'done')))
  union all select r.id, r.operation from mine join operations.replaced_row k using (model, customer_id) join operations.replaced d on (d.run_id, d.nth) = (k.run_id, k.nth) join operations.run r on r.id = k.run_id
  where k.run_id <> $1 and d.at > mine.at limit 1`;
/** A run that has replaced rows behind this one: they would be lost, if what this one replaced were put back. */
export const replacedSince = async (on: Queryable, runId: string): Promise<Readonly<{ id: string; operation: string }> | undefined> =>
  (await query<{ id: string; operation: string }>(on, SINCE, [runId]))[0];
