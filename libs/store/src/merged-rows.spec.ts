import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Message, Projection, Recorded } from '@touchpoint/kernel';
import { elementsOf, fieldsOf } from './copied.fixture.ts';
import { foldingInto, MergedRows, subscribedTypes } from './merged-rows.ts';
import { projectionTable } from './projection-table.ts';

/** What is added to `n`, when it says so, and a note that goes with the latest; or a poison. */
type Step = Readonly<{ table: number; key: string; add: number; at?: number; note?: string | null; poison?: boolean }>;
type Stepped = Message<'Stepped', { steps: readonly Step[] }>;
/** What an event does is said by the event: steps over three tables, one of them only added to. */
const model = (table: number, over: Partial<Projection> = {}): Projection => ({
  name: `model-${table}`, version: 1, doc: 'd', key: { of: { type: 'text', doc: 'k' } },
  columns: { n: { type: 'integer', merge: 'sum', doc: 'n' }, at: { type: 'instant', merge: 'max', doc: 'at' }, note: { type: 'text', merge: { latest: 'at' }, doc: 'note' } },
  on: {
    Stepped: ({ data }: Stepped) =>
      data.steps.filter((step) => step.table === table).map(({ key, add, at, note, poison }) => {
        // The key is asked for when the row is looked up: then the event has changed others already.
        const of = poison ? { get of(): string { throw new Error('poison'); } } : { of: key };
        return { key: of, part: { n: add, ...(at !== undefined && { at, note: note ?? null }) } };
      }),
  } as never,
  ...over,
});
const tables = [model(0), model(1), model(2, { appendOnly: true })].map((projection) => projectionTable(projection));
const recorded = { customerId: '00000000-0000-4000-8000-000000000001' } as unknown as Recorded;
const event = (...steps: readonly Step[]) => ({ recorded, type: 'Stepped', event: { type: 'Stepped', data: { steps } } });
const merged = (rows: MergedRows, table = 0) => rows.merged(table).map(({ at: { key }, row: { n, at, note } }) => [key['of'], n, at, note]);
const after = (...events: readonly (readonly Step[])[]) => {
  const rows = new MergedRows(foldingInto(tables));
  for (const steps of events) rows.add(event(...steps));
  return rows;
};

/** The rows of the table that is only added to, read from the bytes that are copied: key, n. */
const addedTo = (rows: MergedRows) =>
  fieldsOf(rows.added(2)!.packed()).flatMap(([, , keys, ns]) => {
    const numbers = elementsOf(ns!);
    return elementsOf(keys!).map((key, i): [string, number] => [key!.toString(), numbers[i]!.readInt32BE()]);
  });
const all = (rows: MergedRows) => [merged(rows, 0), merged(rows, 1), addedTo(rows)];

describe('an event', () => {
  it('is folded by the projections that subscribe to its type, and no other', () => {
    expect([...subscribedTypes(tables.map(({ projection }) => projection))]).toEqual(['Stepped']);
    const rows = after([{ table: 0, key: 'a', add: 1 }, { table: 2, key: 'b', add: 2 }]);
    for (const other of [{ type: 'Other', event: { type: 'Other', data: {} } }, { type: 'Stepped', event: undefined }, { type: 'toString', event: { type: 'toString', data: {} } }]) rows.add({ recorded, ...other });
    expect(all(rows)).toEqual([[['a', 1, null, null]], [], [['b', 2]]]);
  });
  it('is told to those that take every event, without its body', () => {
    const [every] = [model(0, { on: {} as never, every: (_, type) => [{ key: { of: type }, part: { n: 1 } }] })].map((projection) => projectionTable(projection));
    const rows = new MergedRows(foldingInto([every!]));
    for (const type of ['A', 'B', 'A']) rows.add({ recorded, type, event: undefined });
    expect(merged(rows)).toEqual([['A', 2, null, null], ['B', 1, null, null]]);
  });
  it('whose key no index can hold is a bad message', () =>
    expect(() => after([{ table: 0, key: 'x'.repeat(5_000), add: 1 }])).toThrow(expect.objectContaining({ kind: 'InvalidMessage' })));
});

describe('the rows of a batch', () => {
  it('are merged by the rules of their columns, in key order, from what says nothing', () =>
    expect(merged(after([{ table: 0, key: 'b', add: 1, at: 5, note: 'later' }], [{ table: 0, key: 'a', add: 0 }, { table: 0, key: 'b', add: 3, at: 4, note: 'earlier' }], [{ table: 0, key: 'b', add: 0, at: 6, note: null }])))
      .toEqual([['a', 0, null, null], ['b', 4, 6, null]]));
  it('of a table that is only added to are not merged, and stay in the order in which they came', () =>
    expect(addedTo(after([{ table: 2, key: 'b', add: 1 }], [{ table: 2, key: 'b', add: 3 }, { table: 2, key: 'a', add: 2 }]))).toEqual([['b', 1], ['b', 3], ['a', 2]]));

  const step = fc.record({ table: fc.nat(2), key: fc.constantFrom('a', 'b', 'c'), add: fc.integer({ min: -2, max: 2 }), at: fc.nat(3), note: fc.constantFrom('x', 'y', null), poison: fc.nat(5).map((n) => n === 0) });
  it('get all of an event or nothing of it', () =>
    fc.assert(
      fc.property(fc.array(fc.array(step, { maxLength: 5 }), { maxLength: 12 }), (plan) => {
        const [rows, clean] = [new MergedRows(foldingInto(tables)), new MergedRows(foldingInto(tables))];
        for (const steps of plan) {
          const before = all(rows);
          if (steps.some(({ poison }) => poison)) {
            expect(() => rows.add(event(...steps))).toThrow('poison');
            expect(all(rows)).toEqual(before);
          } else {
            rows.add(event(...steps));
            clean.add(event(...steps));
          }
        }
        expect(all(rows)).toEqual(all(clean));
      }),
    ));
});
