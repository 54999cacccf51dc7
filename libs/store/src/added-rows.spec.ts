import { describe, expect, it } from '@jest/globals';
import { AddedRows } from './added-rows.ts';
import { elementsOf, fieldsOf } from './copied.fixture.ts';

const made = () => new AddedRows({ keys: [{ name: 'n', type: 'integer' }], shared: [{ name: 'home', type: 'text' }], others: [{ name: 'text', type: 'text' }, { name: 'yes', type: 'boolean' }] });
const of = (customer: string, n: number, text: string | null) => ({ at: { customerId: customer.repeat(32), key: { n } }, row: { home: `home of ${customer}`, text, yes: n > 1 } });
/** Each copied row: whose, the first key, what is shared, then the arrays. */
const shown = (rows: AddedRows) =>
  fieldsOf(rows.packed()).map(([customer, first, home, ...arrays]) => {
    const [keys, texts, yes] = arrays.map((array) => elementsOf(array!));
    return [customer!.toString('hex')[0], first!.readInt32BE(), home!.toString(), keys!.map((key) => key!.readInt32BE()), texts!.map((text) => text?.toString() ?? null), yes!.map((one) => one![0] === 1)];
  });

describe('rows that are added', () => {
  it('are one row for each customer, in order, each customer\'s in the order in which they came', () => {
    const rows = made();
    for (const row of [of('b', 1, '1'), of('a', 2, ''), of('b', 3, null), of('a', 4, 'ü')]) rows.add(row);
    expect([rows.count, shown(rows)]).toEqual([4, [['a', 2, 'home of a', [2, 4], ['', 'ü'], [true, true]], ['b', 1, 'home of b', [1, 3], ['1', null], [false, true]]]]);
  });
  it('are several rows where a customer has very many', () => {
    const rows = made();
    for (let n = 0; n < 2_500; n += 1) rows.add(of('a', n, String(n)));
    const all = shown(rows);
    expect(all.map(([, first]) => first)).toEqual([0, 1_000, 2_000]);
    expect(all.flatMap(([, , , keys]) => keys as number[])).toEqual(Array.from({ length: 2_500 }, (_, n) => n));
  });
  it('are an array for each column, for a statement', () => {
    const rows = made();
    for (const row of [of('b', 1, '1'), of('a', 2, ''), of('b', 3, null)]) rows.add(row);
    const [customers, keys, homes, texts, yes] = rows.columns().map((column) => elementsOf(column));
    expect([customers!.map((one) => one!.toString('hex')[0]), keys!.map((key) => key!.readInt32BE())]).toEqual([['a', 'b', 'b'], [2, 1, 3]]);
    expect([homes!.map(String), texts!.map((text) => text?.toString() ?? null), yes!.map((one) => one![0] === 1)]).toEqual([['home of a', 'home of b', 'home of b'], ['', '1', null], [true, false, true]]);
    expect(shown(rows)).toHaveLength(2);
  });
  it('are as before when the last is taken back, or could not be written', () => {
    const rows = made();
    rows.add(of('a', 1, '1'));
    rows.add(of('b', 2, '2'));
    rows.drop();
    expect(() => rows.add(of('a', 3, Symbol('poison') as never))).toThrow();
    rows.add(of('a', 4, '4'));
    expect([rows.count, shown(rows)]).toEqual([2, [['a', 1, 'home of a', [1, 4], ['1', '4'], [false, true]]]]);
    rows.drop();
    rows.drop();
    expect([rows.count, shown(rows)]).toEqual([0, []]);
  });
});
