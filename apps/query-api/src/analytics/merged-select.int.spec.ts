import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import type { Column, Projection } from '@touchpoint/kernel';
import { merge, projections, readModels } from '@touchpoint/profile';
import { migrations as logMigrations, projectionTable, transaction } from '@touchpoint/store';
import { migrations } from '../analytics.migrations.ts';
import { jsonColumns, rowsFrom } from '../model-rows.ts';
import { SET } from '../customer-set.query.ts';
import { mergedSelect } from './merged-select.ts';

/** What stands behind the views of other apps: enough of it for a database of our own. */
const IDENTITY = { id: 'identity', sql: 'create schema if not exists log' };
let database: FreshDatabase;
beforeAll(async () => {
  const tables = projections.map((projection) => projectionTable(projection).migration);
  database = await freshDatabase(process.env['DATABASE_URL'], [IDENTITY, ...logMigrations, ...tables, ...migrations]);
});
afterAll(() => database.drop());

const customer = (n: number) => `00000000-0000-4000-8000-00000000000${n}`;
/** 2 → 1 ← 3 ← 4; 5 and 6 stand alone, 6 again. */
const SURVIVORS: Readonly<Record<string, string | null>> = { [customer(2)]: customer(1), [customer(3)]: customer(1), [customer(4)]: customer(3), [customer(6)]: null };
const survivorOf = (id: string): string => (SURVIVORS[id] ? survivorOf(SURVIVORS[id]) : id);

const texts = fc.constantFrom('a', 'b', 'B', 'ü', '\u{1F600}', '\uFFFD', '');
const entries = fc.dictionary(fc.constantFrom('x', 'y', '__proto__'), fc.record({ at: fc.integer({ min: 0, max: 2 }), value: fc.constantFrom(null, 'a', 1, { b: [1] }) }), { maxKeys: 2 });
const VALUES: Readonly<Record<Column['type'], fc.Arbitrary<unknown>>> = {
  text: texts, uuid: fc.constantFrom(customer(8), customer(9)), boolean: fc.boolean(), integer: fc.integer({ min: -3, max: 3 }), bigint: fc.integer({ min: 0, max: 2 ** 47 }), numeric: fc.bigInt({ min: -5_000_000n, max: 5_000_000n }),
  instant: fc.constantFrom(0, 1, 1_767_225_600_123), day: fc.constantFrom('2026-01-01', '2026-01-02'), bytes: fc.uint8Array({ maxLength: 2 }).map((bytes) => Buffer.from(bytes)), json: fc.constantFrom({ a: 1 }, { bb: 1, a: 2 }, [1, 'x'], 'a'),
};
const valueOf = ({ type, merge: rule }: Column): fc.Arbitrary<unknown> => {
  if (rule === 'keys' || rule === 'firstKeys') return entries;
  return rule === 'sum' || rule === 'or' || rule === 'bits' ? VALUES[type] : fc.option(VALUES[type], { nil: null });
};
/** Rows as folds leave them: each is the join of nothing and a part. */
const rowsOf = ({ key, columns, ...model }: Projection) =>
  fc.uniqueArray(
    fc.record({
      customerId: fc.constantFrom(...[1, 2, 3, 4, 5, 6].map(customer)),
      key: fc.record(Object.fromEntries(Object.entries(key).map(([name, { type }]) => [name, type === 'text' ? fc.constantFrom('k', 'l') : VALUES[type]]))),
      row: fc.record(Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, valueOf(column)]))).map((part) => (model as unknown as { join: (row: undefined, part: object) => Record<string, unknown> }).join(undefined, part)),
    }),
    { selector: ({ customerId, key: at }) => JSON.stringify([customerId, at]), maxLength: 12 },
  ).map((rows) => rows.map((row) => ({ ...row, row: { ...row.row, ...shared(columns, rows.find(({ customerId }) => customerId === row.customerId)!.row) } })));
/** What all rows of a customer have from the first. */
const shared = (columns: Projection['columns'], first: Readonly<Record<string, unknown>>): object => Object.fromEntries(Object.keys(columns).filter((name) => columns[name]!.shared).map((name) => [name, first[name]]));

/** jsonb keeps no order of keys. */
const canonical = (value: unknown): unknown => {
  if (typeof value === 'bigint') return `${value}`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(canonical);
  return typeof value === 'object' && value !== null ? Object.entries(value).map(([name, inner]) => [name, canonical(inner)]).sort() : value;
};
const sorted = (rows: readonly object[]): readonly string[] => rows.map((row) => JSON.stringify(canonical(row))).sort();

describe('a merged select', () => {
  it.each(Object.values(readModels).filter(({ name }) => name !== 'membership').map((model) => [model.name, model as unknown as Projection] as const))('of %s is what merge() makes of the same rows', async (_, model) => {
    const table = projectionTable(model);
    const columns = Object.keys(model.columns);
    const ask = `select coalesce(json_agg(r), '[]') as rows from (select t.customer_id as "customerId", ${jsonColumns(model)} from (${mergedSelect(model, columns)}) t) r`;
    await fc.assert(fc.asyncProperty(rowsOf(model), async (rows) => {
      await database.pool.query(`truncate profile.membership_v1, ${table.table}`);
      await transaction(database.pool, async (client) => {
        await table.save(client, rows.map(({ customerId, key, row }) => ({ at: { customerId, key: key as never }, row })));
        await projectionTable(readModels.membership as never).save(client, Object.entries(SURVIVORS).map(([customerId, survivorId]) => ({ at: { customerId, key: {} }, row: { changedOffset: 1, survivorId, changedAt: 0 } })));
      });
      const survivors = [...new Set(rows.map(({ customerId }) => survivorOf(customerId)))];
      const expected = survivors.flatMap((customerId) =>
        merge(model as never, rows.filter((row) => survivorOf(row.customerId) === customerId).map(({ key, row }) => ({ ...key, ...row }))).map((row) => ({ customerId, ...row })));
      const { rows: [found] } = await database.pool.query<{ rows: Record<string, unknown>[] }>(ask);
      expect(sorted(rowsFrom<object>(model, found!.rows))).toEqual(sorted(expected));
    }), { numRuns: 30 });
  });
});

describe('membership', () => {
  type Survivors = Readonly<Record<number, number | null>>;
  const save = async (survivors: Survivors) => {
    await database.pool.query('truncate profile.membership_v1');
    const rows = Object.entries(survivors).map(([id, survivor]) => ({ at: { customerId: customer(Number(id)), key: {} }, row: { changedOffset: 1, survivorId: survivor === null ? null : customer(survivor), changedAt: 0 } }));
    await transaction(database.pool, (client) => projectionTable(readModels.membership as never).save(client, rows));
  };
  const numbered = (id: string) => Number(id.at(-1));
  const asked = async (survivors: Survivors) => {
    await save(survivors);
    const { rows } = await database.pool.query<{ member_id: string; customer_id: string }>('select member_id, customer_id from analytics.membership order by 1');
    return rows.map(({ member_id, customer_id }) => [member_id, customer_id].map(numbered));
  };
  it('follows chains, and leaves out who stands alone', async () => expect(await asked({ 2: 1, 3: 1, 4: 3, 6: null })).toEqual([[1, 1], [2, 1], [3, 1], [4, 1]]));
  it('gives two that name each other, and who leads to them, to the lesser', async () => expect(await asked({ 3: 4, 4: 3, 2: 4, 1: 2 })).toEqual([[1, 3], [2, 3], [3, 3], [4, 3]]));
  it('is the same for the query API, from whichever member it asks', async () => {
    const ids = [1, 2, 3, 4, 5, 6] as const;
    const other = fc.option(fc.constantFrom(...ids), { nil: null });
    await fc.assert(fc.asyncProperty(fc.record({ 1: other, 2: other, 3: other, 4: other, 5: other, 6: other }), async (drawn) => {
      const survivors = Object.fromEntries(Object.entries(drawn).map(([id, survivor]) => [id, Number(id) === survivor ? null : survivor])) as Survivors;
      const known = await asked(survivors);
      for (const id of ids) {
        const root = known.find(([member]) => member === id)?.[1] ?? id;
        const members = known.flatMap(([member, survivor]) => (survivor === root ? [member!] : []));
        const { rows: [set] } = await database.pool.query<{ root: string; members: string[] }>(`${SET} select (select id from root) as root, (select ids from member) as members`, [customer(id)]);
        expect([id, numbered(set!.root), set!.members.map(numbered).sort()]).toEqual([id, root, members.length === 0 ? [id] : members]);
      }
    }), { numRuns: 60 });
  });
});
