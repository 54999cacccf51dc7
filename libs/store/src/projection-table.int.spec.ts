import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { freshDatabase, type FreshDatabase } from '@touchpoint/host/testing';
import type { Column, Columns, ColumnType, Decimal, Projection } from '@touchpoint/kernel';
import { AddedRows } from './added-rows.ts';
import { loadRows } from './loaded.fixture.ts';
import { joinRows } from './merge-rules.fixture.ts';
import { migrate } from './migrate.ts';
import { transaction } from './pool.ts';
import { projectionTable, type Effect, type Row, type SavedRow } from './projection-table.ts';

const TYPES: readonly ColumnType[] = ['text', 'uuid', 'boolean', 'integer', 'bigint', 'numeric', 'instant', 'day', 'bytes', 'json'];
const column = (type: ColumnType, merge: Column['merge']): Column => ({ type, merge, doc: `a ${type}: '${typeof merge === 'string' ? merge : Object.keys(merge)[0]}'` });
const projection = (name: string, columns: Columns, over: Partial<Projection> = {}): Projection => ({ name, version: 3, doc: "what it's for", key: { orderId: { type: 'text', doc: 'k' }, at: { type: 'integer', doc: 'k' } }, columns, on: {}, ...over });

/** Every type under every rule that it may have. */
const RULED: Columns = {
  by: column('instant', 'max'), from: column('bigint', 'min'),
  ...Object.fromEntries(TYPES.flatMap((type) => [[`latest_${type}`, column(type, { latest: 'by' })], [`earliest_${type}`, column(type, { earliest: 'from' })], [`min_${type}`, column(type, 'min')], [`max_${type}`, column(type, 'max')]])),
  ...Object.fromEntries((['integer', 'bigint', 'numeric'] as const).map((type) => [`sum_${type}`, column(type, 'sum')])),
  flag: column('boolean', 'or'), slots: column('bigint', 'bits'), traits: column('json', 'keys'), sources: column('json', 'firstKeys'),
};
const every = projectionTable(projection('every-type', Object.fromEntries(TYPES.map((type) => [`the${type[0]!.toUpperCase()}${type.slice(1)}`, column(type, 'max')]))));
const ruled = projectionTable(projection('ruled', RULED));
const added = projectionTable(projection('added', { n: column('integer', 'max') }, { appendOnly: true }));
const bare = projectionTable(projection('bare', {}, { key: {} }));

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase(process.env['DATABASE_URL']);
  await migrate(database.url, [every, ruled, added, bare].map(({ migration }) => migration));
});
afterAll(() => database?.drop());

const CUSTOMER = '00000000-0000-4000-8000-000000000001';
const OTHER = '00000000-0000-4000-8000-000000000002';
const saved = (rows: readonly SavedRow[], table = every) => transaction(database.pool, (client) => table.save(client, rows));
const at = (orderId: string, n = 0) => ({ customerId: CUSTOMER, key: { orderId, at: n } });
const loaded = async (table = every, ...keys: SavedRow['at'][]) => [...(await loadRows(database.pool, table, keys)).values()];

const text = fc.string({ unit: 'binary', maxLength: 20 }).map((value) => value.replaceAll('\0', ''));
const jsonText = fc.string({ unit: fc.constantFrom('a', 'ü', '\\', '"', '\u{1F600}', '\n', '\u0001', 'u0000', '{', ','), maxLength: 6 });
const json = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, jsonText, fc.integer(), fc.boolean(), fc.constant(null), fc.array(tie('value'), { maxLength: 3 }), fc.dictionary(jsonText, tie('value'), { maxKeys: 3 })),
})).value;
const VALUES: Readonly<Record<ColumnType, fc.Arbitrary<unknown>>> = {
  text, uuid: fc.uuid(), boolean: fc.boolean(), integer: fc.integer(), bigint: fc.maxSafeInteger(),
  numeric: fc.bigInt(-(10n ** 37n), 10n ** 37n), instant: fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 }),
  day: fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }).map((date) => date.toISOString().slice(0, 10)),
  bytes: fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)), json: json.filter((value) => value !== null),
};
const canonical = (value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value === undefined ? null : value);
const shown = (row: Row | Readonly<Row> | undefined) => row && Object.fromEntries(Object.entries(row).map(([name, value]) => [name, canonical(value)]));

describe('a row', () => {
  it('is loaded as it was saved, for any value of any type, and null', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(text, fc.record(Object.fromEntries(TYPES.map((type) => [`the${type[0]!.toUpperCase()}${type.slice(1)}`, fc.option(VALUES[type], { nil: null })])))), { minLength: 1, maxLength: 5 }), async (rows) => {
        const list = rows.map(([orderId, row], n): SavedRow => ({ at: at(orderId, n), row: row as Row }));
        await database.pool.query(`truncate ${every.table}`);
        await saved(list);
        const found = await loadRows(database.pool, every, list.map((row) => row.at));
        for (const { at: key, row } of list) expect(shown(found.get(every.keyOf(key)))).toEqual(shown(row));
      }),
      { numRuns: 150 },
    ));
  it('is a bigint of 38 digits, an instant to the millisecond, bytes of any view', async () => {
    const row = { theNumeric: 12_345_678_901_234_567_890_123_456_789_012_345_678n as Decimal, theInstant: 1_767_225_600_123, theBytes: new Uint8Array(Buffer.from('..sealed')).subarray(2), theBigint: -(2 ** 52) };
    await saved([{ at: at('edge'), row }]);
    const [found] = await loaded(every, at('edge'));
    expect(shown(found)).toMatchObject(shown(row)!);
    expect(found).toMatchObject({ theText: null, theJson: null });
    const { rows } = await database.pool.query("select the_instant at time zone 'UTC' as at from profile.every_type_v3 where order_id = 'edge'");
    expect(JSON.stringify(rows)).toContain('2026-01-01T');
  });
  it('is found with many others', async () => {
    await saved([{ at: at('r'), row: { theInteger: 2, theText: 'a' } }, { at: at('s'), row: { theInteger: 3 } }]);
    expect((await loaded(every, at('r'), at('s'), at('none'))).map(({ theInteger, theText }) => [theInteger, theText]).sort()).toEqual([[2, 'a'], [3, null]]);
    expect(await loaded(every)).toEqual([]);
    await saved([]);
  });
  it('holds what Postgres cannot, without failing its batch', async () => {
    await saved([{ at: at('nul'), row: { theText: 'a\0b', theJson: { 'k\0': ['\0', '\\u0000', '\\\\', '\ud83d', '\u{1F600}', '\ude00x'] } } }]);
    expect((await loaded(every, at('nul')))[0]).toMatchObject({ theText: 'a\uFFFDb', theJson: { 'k\uFFFD': ['\uFFFD', '\\u0000', '\\\\', '\uFFFD', '\u{1F600}', '\uFFFDx'] } });
  });
  it('of a table that is only added to is copied, and refused when it is there already', async () => {
    const add = (...rows: readonly SavedRow[]) => {
      const list = new AddedRows(added.packed!);
      for (const row of rows) list.add(row);
      return transaction(database.pool, (client) => added.append(client, list));
    };
    await add({ at: at('x'), row: { n: 1 } }, { at: at('y'), row: { n: null } });
    await add();
    expect((await loaded(added, at('x'), at('y'))).map(({ n }) => n)).toEqual(expect.arrayContaining([1, null]));
    await expect(add({ at: at('x'), row: { n: 9 } }, { at: at('z'), row: { n: 3 } })).rejects.toThrow('23505');
    expect(await loaded(added, at('z'))).toEqual([]);
  });
  it('is the same where it is written from the move of a checkpoint, and is not written without one', async () => {
    const lines: readonly SavedRow[] = [{ at: at('m1'), row: { n: 1 } }, { at: { customerId: OTHER, key: at('m2', 2).key }, row: { n: null } }, { at: at('m3', 3), row: { n: 3 } }];
    const list = new AddedRows(added.packed!);
    for (const row of lines) list.add(row);
    const write = <Given>({ sql, values }: Effect<Given>, given: Given, moved: boolean) =>
      database.pool.query({ text: `with moved as (select where $1), written as (${sql(2)}) select`, values: [moved, ...values(given)] });
    for (const moved of [false, true]) {
      await write(added.appending, list, moved);
      await write(ruled.saving, lines.map((row) => ({ at: row.at, row: { sum_integer: 2 } })), moved);
      const there = await loadRows(database.pool, added, lines.map((row) => row.at));
      expect(lines.map((row) => there.get(added.keyOf(row.at)))).toEqual(moved ? [{ n: 1 }, { n: null }, { n: 3 }] : [undefined, undefined, undefined]);
    }
    await write(ruled.saving, [{ at: lines[0]!.at, row: { sum_integer: 5 } }], true);
    expect((await loaded(ruled, lines[0]!.at, lines[1]!.at)).map((row) => row['sum_integer']).sort()).toEqual([2, 7]);
  });
  it('of a table without columns of its own is there or not', async () => {
    for (let times = 0; times < 2; times += 1) await saved([{ at: { customerId: CUSTOMER, key: {} }, row: {} }], bare);
    expect(await loaded(bare, { customerId: CUSTOMER, key: {} })).toEqual([{}]);
  });
});

describe('a key', () => {
  it('cannot run into another', () => {
    expect(every.keyOf({ customerId: 'c', key: { orderId: 'a|b', at: 1 } })).not.toBe(every.keyOf({ customerId: 'c', key: { orderId: 'a', at: 'b|1' } }));
  });
  it('that no index can hold is a bad message, not a bad batch', async () => {
    const longest = 'ß'.repeat(970);
    await saved([{ at: at(longest), row: {} }]);
    expect(() => every.keyOf(at('鍵'.repeat(700)))).toThrow(expect.objectContaining({ kind: 'InvalidMessage', code: 'STORE.KEY_TOO_LONG' }));
  });
});

describe('a table', () => {
  it('says what it and its columns are for', async () => {
    const { rows } = await database.pool.query(`select obj_description('profile.every_type_v3'::regclass) as on_table, col_description('profile.every_type_v3'::regclass, 4) as on_column`);
    expect(rows).toEqual([{ on_table: "what it's for", on_column: "a text: 'max'" }]);
  });
  it('stands behind a view without version', async () => expect((await database.pool.query('select count(*)::int as n from profile.every_type')).rows[0].n).toBeGreaterThan(0));
});

describe('a part', () => {
  const few: Readonly<Record<ColumnType, fc.Arbitrary<unknown>>> = {
    text: fc.constantFrom('', 'a', 'B', 'b', 'ü', '\uFFFD', '\u{1F600}'), uuid: fc.constantFrom(CUSTOMER, 'ffffffff-0000-4000-8000-000000000001'), boolean: fc.boolean(), integer: fc.integer({ min: -2, max: 2 }),
    bigint: fc.constantFrom(0, 1, 2 ** 24 + 1, 2 ** 47), numeric: fc.bigInt(-3n, 3n), instant: fc.constantFrom(0, 1, 1_767_225_600_123), day: fc.constantFrom('2026-01-01', '2026-01-02'),
    bytes: fc.uint8Array({ maxLength: 2 }).map((bytes) => Buffer.from(bytes)), json: fc.constantFrom<unknown>({ a: 1 }, { bb: 1, a: 2 }, [1, 'x'], 'a', 'b', 2, 10, true),
  };
  const entries = fc.dictionary(fc.constantFrom('x', 'y', '__proto__'), fc.record({ at: fc.integer({ min: 0, max: 2 }), value: fc.constantFrom<unknown>(null, 'a', 1, { b: [1] }) }), { maxKeys: 2, noNullPrototype: true });
  const part = fc.record(Object.fromEntries(Object.entries(RULED).map(([name, { type, merge }]) => [name, fc.option(merge === 'keys' || merge === 'firstKeys' ? entries : few[type], { nil: null })]))) as fc.Arbitrary<Row>;

  it('is merged into the row that is there by the rules of its columns, in any split', () =>
    fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 2, maxLength: 4 }), async (parts) => {
        await database.pool.query('truncate profile.ruled_v3');
        for (const row of parts) await saved([{ at: at('one'), row }], ruled);
        const [first, ...others] = parts as [Row, ...Row[]];
        const whole = others.reduce<Readonly<Row>>((row, next) => joinRows(RULED, row, next), first);
        const [found] = await loaded(ruled, at('one'));
        expect(shown(found)).toEqual(shown(whole));
        await saved([{ at: at('two'), row: first }], ruled);
        await saved([{ at: at('two'), row: others.slice(1).reduce<Readonly<Row>>((row, next) => joinRows(RULED, row, next), others[0]!) as Row }], ruled);
        const [split] = await loaded(ruled, at('two'));
        if (!others.some(({ by, from }) => by === null || from === null)) expect(shown(split)).toEqual(shown(found));
      }),
      { numRuns: 150 },
    ));
  it('goes beside those of other rows', async () => {
    await saved([{ at: at('m'), row: { sum_integer: 5, flag: false } }], ruled);
    await saved([{ at: at('m'), row: { sum_integer: 2, flag: true } }, { at: at('n'), row: { sum_integer: 7 } }], ruled);
    expect((await loaded(ruled, at('m'), at('n'))).map(({ sum_integer: sum, flag }) => [sum, flag]).sort()).toEqual([[7, null], [7, true]]);
  });
});
