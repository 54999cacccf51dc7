import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Message, Projection, Recorded } from '@touchpoint/kernel';
import { elementsOf, fieldsOf } from './copied.fixture.ts';
import { FoldedRows, subscribedTypes, touchesOf } from './projection-fold.ts';
import { projectionTable, type Row, type RowKey } from './projection-table.ts';

type Step = Readonly<{ table: number; key: string; add: number; poison?: boolean; part?: boolean }>;
type Stepped = Message<'Stepped', { steps: readonly Step[] }>;
/** What an event does is said by the event: steps over three tables, one of them only added to. */
const model = (table: number, over: Partial<Projection> = {}): Projection => ({
  name: `model-${table}`, version: 1, doc: 'd', key: { of: { type: 'text', doc: 'k' } }, columns: { n: { type: 'integer', merge: 'sum', doc: 'n' } },
  on: {
    Stepped: ({ data }: Stepped) =>
      data.steps.filter((step) => step.table === table).map(({ key, add, poison, part }) => ({
        key: { of: key },
        ...(part && { part: { n: add } }),
        fold: (row: Row | undefined) => {
          if (poison) throw new Error('poison');
          return add === 0 && row ? row : { n: ((row?.['n'] as number | undefined) ?? 0) + add };
        },
      })),
  } as never,
  ...over,
});
const tables = [model(0), model(1), model(2, { appendOnly: true })].map(projectionTable);
const recorded = { customerId: 'c' } as unknown as Recorded;
const touches = (...steps: readonly Step[]) => touchesOf(tables, { recorded, type: 'Stepped', event: { type: 'Stepped', data: { steps } } });
const at = (key: string): RowKey => ({ customerId: 'c', key: { of: key } });
const rowsOf = (rows: FoldedRows, table = 0) => rows.changed(table).map(({ at: { key }, row, part }) => [key['of'], row['n'], part]);

/** The rows of the table that is only added to, read from the bytes that are copied: key, n. */
const addedTo = (rows: FoldedRows) =>
  fieldsOf(rows.added(2)!.packed()).flatMap(([, , keys, ns]) => {
    const numbers = elementsOf(ns!);
    return elementsOf(keys!).map((key, i): [string, number] => [key!.toString(), numbers[i]!.readInt32BE()]);
  });
const all = (rows: FoldedRows) => [rowsOf(rows, 0), rowsOf(rows, 1), addedTo(rows)];

describe('an event', () => {
  it('touches the rows that its projections say, of the types that they subscribe to', () => {
    expect([...subscribedTypes(tables.map(({ projection }) => projection))]).toEqual(['Stepped']);
    expect(touches({ table: 0, key: 'a', add: 1 }, { table: 2, key: 'b', add: 1 }).map(({ table, at: row, part }) => [table, row.key['of'], part])).toEqual([[0, 'a', undefined], [2, 'b', undefined]]);
    expect(touchesOf(tables, { recorded, type: 'Other', event: { type: 'Other', data: {} } })).toEqual([]);
    expect(touchesOf(tables, { recorded, type: 'Stepped', event: undefined })).toEqual([]);
    expect(touchesOf(tables, { recorded, type: 'toString', event: { type: 'toString', data: {} } })).toEqual([]);
  });
  it('whose key no index can hold is a bad message', () => expect(() => touches({ table: 0, key: 'x'.repeat(5_000), add: 1 })).toThrow(expect.objectContaining({ kind: 'InvalidMessage' })));
});

describe('the rows of a batch', () => {
  it('are loaded once, folded on, and saved when they changed, in key order', () => {
    const rows = new FoldedRows(tables);
    const events = [touches({ table: 0, key: 'b', add: 1 }), touches({ table: 0, key: 'a', add: 2 }, { table: 0, key: 'b', add: 3 }), touches({ table: 0, key: 'c', add: 0 })];
    expect(rows.missing(events.map((touches) => ({ touches })))).toEqual([[at('b'), at('a'), at('c')], [], []]);
    rows.loaded(0, [at('a'), at('b'), at('c')], new Map([[tables[0]!.keyOf(at('b')), { n: 10 }], [tables[0]!.keyOf(at('c')), { n: 5 }]]));
    expect(rows.missing(events.map((touches) => ({ touches })))).toEqual([[], [], []]);
    for (const event of events) rows.apply(event);
    expect(rowsOf(rows)).toEqual([['a', 2, false], ['b', 14, false]]);
    expect(rows.size).toBe(3);
  });
  it('are not loaded where only parts touch them, and are saved as parts', () => {
    const rows = new FoldedRows(tables);
    const events = [touches({ table: 0, key: 'a', add: 2, part: true }), touches({ table: 0, key: 'b', add: 1, part: true }), touches({ table: 0, key: 'b', add: 1 })];
    expect(rows.missing(events.map((touches) => ({ touches })))).toEqual([[at('b')], [], []]);
    rows.loaded(0, [at('b')], new Map([[tables[0]!.keyOf(at('b')), { n: 10 }]]));
    for (const event of events) rows.apply(event);
    expect(rowsOf(rows)).toEqual([['a', 2, true], ['b', 12, false]]);
  });
  it('are not folded before they were loaded: what is stored would be overwritten', () => {
    const rows = new FoldedRows(tables);
    expect(() => rows.apply(touches({ table: 0, key: 'a', add: 1 }))).toThrow('model-0: a row is folded that was not loaded');
    rows.apply(touches({ table: 0, key: 'b', add: 1, part: true }));
    expect(() => rows.apply(touches({ table: 1, key: 'x', add: 1, part: true }, { table: 0, key: 'b', add: 1 }))).toThrow('not loaded');
    expect([rowsOf(rows), rowsOf(rows, 1)]).toEqual([[['b', 1, true]], []]);
  });
  it('of a table that is only added to are neither loaded nor joined, and stay in the order in which they came', () => {
    const rows = new FoldedRows(tables);
    const events = [touches({ table: 2, key: 'b', add: 1 }), touches({ table: 2, key: 'a', add: 2 })];
    expect(rows.missing(events.map((touches) => ({ touches })))).toEqual([[], [], []]);
    for (const event of events) rows.apply(event);
    expect(addedTo(rows)).toEqual([['b', 1], ['a', 2]]);
  });

  const step = fc.record({ table: fc.nat(2), key: fc.constantFrom('a', 'b', 'c'), add: fc.integer({ min: -2, max: 2 }), poison: fc.boolean().map((poison) => poison), part: fc.boolean() });
  it('get all of an event or nothing of it', () =>
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 5 }), { maxLength: 12 }), (plan) => {
        // Whether a table gets parts is said once for all, as in a read model.
        const events = plan.map((steps) => touches(...steps.map((one) => ({ ...one, poison: one.poison && one.add > 0, part: one.table === 1 }))));
        const [rows, clean] = [new FoldedRows(tables), new FoldedRows(tables)];
        for (const folded of [rows, clean]) folded.missing(events.map((touches) => ({ touches }))).forEach((keys, table) => folded.loaded(table, keys, new Map()));
        events.forEach((event, i) => {
          const poisonous = plan[i]!.some(({ poison, add }) => poison && add > 0);
          const before = all(rows);
          if (poisonous) {
            expect(() => rows.apply(event)).toThrow('poison');
            expect(all(rows)).toEqual(before);
          } else {
            rows.apply(event);
            clean.apply(event);
          }
        });
        expect(all(rows)).toEqual(all(clean));
      }),
    ));
});
