import { query, type Client } from '@touchpoint/store';
import type { ResultRow } from '../operation.ts';
import { tableOf } from './read-models.ts';

/** A read model as it is live and as it was rebuilt: how many rows, a checksum over them, and how many stand in one of both only. */
export type Compared = Readonly<{ model: string; liveRows: number; rebuiltRows: number; same: boolean; onlyLive: number; onlyRebuilt: number }>;

const EXAMPLES = 200;
type Sum = Readonly<{ rows: string; sum: string }>;
/** Over rows in binary form: making text of them takes half as long again, or twice. */
const sumOf = async (client: Client, select: string): Promise<Sum> =>
  (await query<Sum>(client, `select count(*) as rows, coalesce(sum(hashbyteaextended(record_send(t), 0)), 0)::text as sum from (${select}) t`))[0]!;

/**
 * In one snapshot, which both clients see, taken while both tables had read the same records: each client sums up one of them, at the same time.
 * @returns what differs, with customers as examples: ids only.
 */
export const compare = async ([client, other]: readonly [Client, Client], model: string): Promise<Readonly<{ compared: Compared; examples: readonly ResultRow[] }>> => {
  // The view shows the live version, whichever that is; of both, the columns that both have.
  const shown = `select * from ${tableOf(model, 'live').view}`;
  const rebuilt = tableOf(model, 'next').select;
  const columns = await columnsOf(client, shown);
  const both = (await columnsOf(client, rebuilt)).filter((name) => columns.includes(name)).map((name) => `"${name}"`).join(', ');
  const [a, b] = [`select ${both} from (${shown}) l`, `select ${both} from (${rebuilt}) r`];
  const [live, next] = await Promise.all([sumOf(client, a), sumOf(other, b)]);
  const compared = { model, liveRows: Number(live.rows), rebuiltRows: Number(next.rows), same: true, onlyLive: 0, onlyRebuilt: 0 };
  if (live.rows === next.rows && live.sum === next.sum) return { compared, examples: [] };
  const only = async (one: string, other: string): Promise<number> => Number((await query<{ n: string }>(client, `select count(*) as n from (select t::text from (${one}) t except all select t::text from (${other}) t) d`))[0]!.n);
  const [onlyLive, onlyRebuilt] = [await only(a, b), await only(b, a)];
  // Another version may hold the same in a column of another type.
  if (onlyLive + onlyRebuilt === 0) return { compared, examples: [] };
  const customers = await query<{ customer: string; rows_live: string; rows_rebuilt: string }>(client,
    `select coalesce(l.customer_id, r.customer_id) as customer, coalesce(l.n, 0) as rows_live, coalesce(r.n, 0) as rows_rebuilt
     from (select customer_id, count(*) as n, sum(hashtextextended(t::text, 0)) as sum from (${a}) t group by 1) l full join (select customer_id, count(*) as n, sum(hashtextextended(t::text, 0)) as sum from (${b}) t group by 1) r using (customer_id)
     where l.sum is distinct from r.sum order by 1 limit ${EXAMPLES}`);
  return {
    compared: { ...compared, same: false, onlyLive, onlyRebuilt },
    examples: customers.map(({ customer, rows_live, rows_rebuilt }) => ({ model, customer, rowsLive: Number(rows_live), rowsRebuilt: Number(rows_rebuilt) })),
  };
};

const columnsOf = async (client: Client, select: string): Promise<readonly string[]> => (await client.query(`select * from (${select}) t limit 0`)).fields.map(({ name }) => name);
