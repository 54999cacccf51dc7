import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatDecimal, parseDecimal, type Decimal, type Projection } from '@touchpoint/kernel';
import { customerOrders, readModels } from '@touchpoint/profile';
import { projectionTable, transaction, type Pool } from '@touchpoint/store';
import { customer, startAnalytics, type Analytics } from './analytics.fixture.ts';
import { views } from './views.ts';

let analytics: Analytics;
beforeAll(async () => { analytics = await startAnalytics(process.env['DATABASE_URL']); });
afterAll(() => analytics.database.drop());

describe('the role analyst', () => {
  it('reads every view', async () => {
    for (const { name } of views) expect(await analytics.ask(`select * from analytics."${name}" limit 1`)).toBeDefined();
  });
  it.each([
    'select * from profile.orders', 'select * from profile.contact_points_v1', 'select * from log.checkpoint', 'select * from log.parked', 'create table analytics.mine (a int)', 'create table public.mine (a int)', 'delete from analytics.customers',
    "insert into analytics.freshness values (now(), now())",
  ])('may not: %s', async (sql) => {
    await expect(analytics.ask(sql)).rejects.toMatchObject({ code: expect.stringMatching(/^(42501|55000|25006)$/) });
  });
  it('cannot log in, and asks for a limited time where it could', async () => {
    const { rows: [role] } = await analytics.database.pool.query("select rolcanlogin, rolsuper, rolcreatedb, rolcreaterole, rolconfig from pg_roles where rolname = 'analyst'");
    expect(role).toEqual({ rolcanlogin: false, rolsuper: false, rolcreatedb: false, rolcreaterole: false, rolconfig: ['statement_timeout=60s'] });
  });
});

describe('every view', () => {
  it('says what it is, column by column', async () => {
    const { rows } = await analytics.database.pool.query<{ view: string; column: string | null; comment: string | null }>(`
      select c.relname as view, null as column, obj_description(c.oid) as comment from pg_class c where c.relnamespace = 'analytics'::regnamespace
      union all select c.relname, a.attname, col_description(c.oid, a.attnum) from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 where c.relnamespace = 'analytics'::regnamespace`);
    expect(rows.filter(({ comment }) => !comment?.endsWith('.') && !comment?.endsWith("'.") && !comment?.endsWith('…'))).toEqual([]);
    expect(new Set(rows.map(({ view }) => view))).toEqual(new Set(views.map(({ name }) => name)));
    expect(rows.filter(({ column }) => column !== null)).toHaveLength(views.reduce((sum, { columns }) => sum + Object.keys(columns).length, 0));
  });
  it('shows nothing that is personal: no sealed column, and no trait or source under a seal', async () => {
    const { rows } = await analytics.database.pool.query("select table_name, column_name, data_type from information_schema.columns where table_schema = 'analytics'");
    expect(rows.filter(({ data_type }) => data_type === 'bytea')).toEqual([]);
    const personal = Object.values(readModels).flatMap(({ columns }) => Object.entries(columns as Projection['columns']).filter(([, { personal: marked }]) => marked).map(([name]) => name));
    expect(personal.sort()).toEqual(['address', 'personal', 'sources']);
    expect(rows.filter(({ column_name }) => personal.includes(column_name as string))).toEqual([]);
  });
});

describe('customer_orders', () => {
  const amount = fc.option(fc.integer({ min: -3_000_000, max: 3_000_000 }).map((n) => BigInt(n) as Decimal), { nil: null, freq: 2 });
  const currency = fc.constantFrom('EUR', 'GBP');
  const orders = fc.uniqueArray(fc.record({ orderId: fc.constantFrom('a', 'b'), currency, gross: amount, placedAt: fc.constantFrom(0, 86_400_000) }), { selector: ({ orderId }) => orderId });
  const reversals = fc.uniqueArray(
    fc.record({ orderId: fc.constantFrom('', 'a', 'a', 'd'), kind: fc.constantFrom('cancelled', 'returned', 'adjusted'), reversalId: fc.constantFrom('1', '2', '3'), currency, amount, whole: fc.boolean(), firstAt: fc.constantFrom(0, 1) }),
    { selector: ({ orderId, kind, reversalId }) => `${orderId}/${kind}/${reversalId}`, minLength: 2, maxLength: 9, size: 'max' },
  );
  const plain = (text: unknown) => formatDecimal(parseDecimal(String(text))!);

  it('is what the query API shows of the same orders', async () => {
    const [orderTable, reversalTable] = [projectionTable(readModels.orders as never), projectionTable(readModels.orderReversals as never)];
    await fc.assert(fc.asyncProperty(orders, reversals, async (placed, taken) => {
      await analytics.database.pool.query('truncate profile.orders_v1, profile.order_reversals_v1');
      await transaction(analytics.database.pool as Pool, async (client) => {
        await orderTable.save(client, placed.map(({ orderId, ...row }) => ({ at: { customerId: customer(1), key: { orderId } }, row: { ...row, statedAt: 0, lines: 0 } })));
        await reversalTable.save(client, taken.map(({ orderId, kind, reversalId, ...row }) => ({ at: { customerId: customer(1), key: { orderId, kind, reversalId } }, row: { ...row, statedAt: 0, lines: 0 } })));
      });
      const expected = customerOrders(placed, taken).map(({ currency: of, count, first, last, ...sums }) => [of, count, ...[sums.gross, sums.cancelled, sums.returned, sums.adjusted, sums.net].map(formatDecimal), first, last]);
      const found = (await analytics.ask('select * from analytics.customer_orders')).map((row) => [
        row['currency'], Number(row['orders']), ...['gross', 'cancelled', 'returned', 'adjusted', 'net'].map((name) => plain(row[name])), (row['first_order_at'] as Date | null)?.getTime() ?? null, (row['last_order_at'] as Date | null)?.getTime() ?? null,
      ]);
      expect(found.sort()).toEqual([...expected].sort());
      // By order: what each order's own reversals took off, in its currency.
      const byOrder = await analytics.ask<Record<string, string>>('select gross, cancelled, returned, adjusted, net from analytics.orders');
      for (const row of byOrder) expect(plain(row['net'])).toBe(formatDecimal(['gross', 'cancelled', 'returned', 'adjusted'].reduce((sum, name) => sum + (name === 'cancelled' || name === 'returned' ? -1n : 1n) * parseDecimal(row[name] ?? '0')!, 0n) as Decimal));
    }), { numRuns: 200 });
  });
});
