import { query, type Queryable } from './pool.ts';

/** Rows of one JSON value each, by customer, while something is folded into them piece by piece: more of them than memory holds. */
export class StagedRows<Value> {
  readonly #table: string;
  readonly #scope: string;

  /** @param table with the columns `scope`, customer_id and history @param scope the column that tells one user of the table from another */
  constructor(table: string, scope: string) {
    [this.#table, this.#scope] = [table, scope];
  }

  async load(on: Queryable, scope: string | number, customers: readonly string[]): Promise<Map<string, Value>> {
    const rows = await query<{ customer_id: string; history: string }>(on, `select customer_id, history from ${this.#table} where ${this.#scope} = $1 and customer_id = any($2::uuid[])`, [scope, customers]);
    return new Map(rows.map(({ customer_id, history }) => [customer_id, JSON.parse(history) as Value]));
  }

  /** The first ones, in the order of ids. */
  async first(on: Queryable, scope: string | number, most: number): Promise<readonly (readonly [customerId: string, value: Value])[]> {
    const rows = await query<{ customer_id: string; history: string }>(on, `select customer_id, history from ${this.#table} where ${this.#scope} = $1 order by customer_id limit $2`, [scope, most]);
    return rows.map(({ customer_id, history }) => [customer_id, JSON.parse(history) as Value]);
  }

  async save(on: Queryable, scope: string | number, changed: ReadonlyMap<string, Value>): Promise<void> {
    if (changed.size === 0) return;
    await on.query(`insert into ${this.#table} (${this.#scope}, customer_id, history) select $1, r.* from unnest($2::uuid[], $3::text[]) r on conflict (${this.#scope}, customer_id) do update set history = excluded.history`,
      [scope, [...changed.keys()], [...changed.values()].map((value) => JSON.stringify(value))]);
  }

  /** @param customers these alone; all of the scope where they are not given */
  async drop(on: Queryable, scope: string | number, customers?: readonly string[]): Promise<void> {
    await on.query(`delete from ${this.#table} where ${this.#scope} = $1 and ($2::uuid[] is null or customer_id = any($2::uuid[]))`, [scope, customers ?? null]);
  }
}
