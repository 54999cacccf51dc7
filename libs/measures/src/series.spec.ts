import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DAY, HOUR } from '@touchpoint/kernel';
import { sumOf } from './exact.ts';
import { counted, joined, MAX_ENTRIES, newest, type Series } from './series.ts';

type Happened = Readonly<{ at: number; sum: number }>;
const of = (happened: readonly Happened[], span: number | null): Series | undefined => happened.reduce<Series | undefined>((series, { at, sum }) => counted(series, at, sum, span), undefined);
const happened = (maxLength: number) => fc.array(fc.record({ at: fc.nat(400 * DAY), sum: fc.integer({ min: -1_000_000, max: 1_000_000 }) }), { minLength: 1, maxLength });
const windowOf = ({ recent = [] }: Series, since: number): readonly [number, number] => recent.filter(([at]) => at >= since).reduce(([count, sum], [, many, amount]) => [count + many, sum + Number(amount)] as const, [0, 0] as readonly [number, number]);

describe('a series', () => {
  it('knows exactly what all come to, and what any window does, in whatever order they came', () =>
    fc.assert(fc.property(happened(MAX_ENTRIES), fc.nat(90 * DAY), (all, back) => {
      const series = of(all, 90 * DAY)!;
      const last = Math.max(...all.map(({ at }) => at));
      expect([series.count, series.sum, series.first, series.last]).toEqual([all.length, all.reduce((sum, one) => sum + one.sum, 0), Math.min(...all.map(({ at }) => at)), last]);
      const inside = all.filter(({ at }) => at >= last - back);
      expect(windowOf(series, last - back)).toEqual([inside.length, inside.reduce((sum, one) => sum + one.sum, 0)]);
    })));
  it('is the same, whichever of its parts were joined first', () =>
    fc.assert(fc.property(happened(20), happened(20), happened(20), (a, b, c) => {
      const [x, y, z] = [of(a, 90 * DAY)!, of(b, 90 * DAY)!, of(c, 90 * DAY)!];
      expect(joined(joined(x, y, 90 * DAY), z, 90 * DAY)).toEqual(joined(joined(z, x, 90 * DAY), y, 90 * DAY));
    })));
  it('stays small however long it goes on, and its windows err by no more than the cell that one entry holds', () => {
    let series: Series | undefined;
    for (let n = 0; n < 5_000; n += 1) series = counted(series, n * HOUR, 1, 90 * DAY);
    expect(series!.recent!.length).toBeLessThanOrEqual(MAX_ENTRIES);
    expect([series!.count, series!.sum]).toEqual([5_000, 5_000]);
    const exact = 30 * 24 + 1;
    const [count] = windowOf(series!, series!.last - 30 * DAY);
    expect(Math.abs(count - exact)).toBeLessThanOrEqual(4 * 24);
    expect(JSON.stringify(series).length).toBeLessThan(2_500);
  });
  it('keeps no single events where no window looks at them', () => expect(of([{ at: 1, sum: 2 }, { at: 0, sum: 3 }], null)).toEqual({ count: 2, sum: 5, first: 0, last: 1 }));
  it('is cut to its newest entries, and what all come to stays', () => expect(newest(of([{ at: 1, sum: 1 }, { at: 2, sum: 1 }, { at: 3, sum: 1 }], DAY)!, 2)).toEqual({ count: 3, sum: 3, first: 1, last: 3, recent: [[2, 1, 1], [3, 1, 1]] }));
});

describe('an exact sum', () => {
  it('goes on beyond what a number holds', () => {
    expect(sumOf(Number.MAX_SAFE_INTEGER, 1)).toBe('9007199254740992');
    expect(sumOf('9007199254740992', -1)).toBe(Number.MAX_SAFE_INTEGER);
    expect(sumOf('9007199254740993', '9007199254740993')).toBe('18014398509481986');
  });
});
