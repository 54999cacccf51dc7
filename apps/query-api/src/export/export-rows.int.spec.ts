import { describe, expect, it } from '@jest/globals';
import { DAY, dayOf } from '@touchpoint/kernel';
import { projections, readModels } from '@touchpoint/profile';
import { projectionTable, query, type Pool } from '@touchpoint/store';
import { specPool } from '@touchpoint/testing';
import { EXPORTED, rowsOf } from './export-rows.ts';

let pool: Pool;
specPool(projections.map((projection) => projectionTable(projection).migration), (its) => (pool = its));

const ID = '6f1d4f39-4a55-4f0c-9e0b-3c1f5d7a2b10';
const OTHER = '6f1d4f39-4a55-4f0c-9e0b-3c1f5d7a2b11';
const vault = { unseal: async (values: readonly unknown[]) => values.map(() => null) } as never;
const all = async (model: (typeof EXPORTED)[number]) => {
  const rows: Readonly<Record<string, unknown>>[] = [];
  for await (const row of rowsOf(model, ID, pool, vault)) rows.push(row);
  return rows;
};

describe('the rows of a customer in an export', () => {
  it('are all of them, page after page, and nobody else\'s', async () => {
    await query(pool, `insert into profile.orders_v1 (customer_id, order_id, placed_at, gross) select c::uuid, 'o' || n, now(), n from generate_series(1, 1203) n, unnest($1::text[]) c`, [[ID, OTHER]]);
    await query(pool, `insert into profile.app_usage_v1 (customer_id, day, opens) select $1, date '2020-01-01' + n, n from generate_series(0, 1000) n`, [ID]);
    await query(pool, `insert into profile.messages_v1 (customer_id, command_id) select $1, gen_random_uuid() from generate_series(1, 700)`, [ID]);
    const orders = await all(readModels.orders);
    expect([orders.length, new Set(orders.map(({ orderId }) => orderId)).size, new Set(orders.map(({ customerId }) => customerId))]).toEqual([1_203, 1_203, new Set([ID])]);
    expect(orders.find(({ orderId }) => orderId === 'o77')).toMatchObject({ gross: '77', placedAt: expect.stringMatching(/^\d{4}-.*Z$/) });
    const days = (await all(readModels.appUsage)).map(({ day }) => day);
    expect([days.length, days[0], days.at(-1)]).toEqual([1_001, '2020-01-01', dayOf(Date.parse('2020-01-01') + 1_000 * DAY)]);
    expect(await all(readModels.messages)).toHaveLength(700);
  });
  it('are none of a model that holds none, whatever its key', async () => {
    for (const model of EXPORTED) if (!['orders', 'app-usage', 'messages'].includes(model.name)) expect([model.name, await all(model)]).toEqual([model.name, []]);
  });
});
