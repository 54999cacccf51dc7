import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { MessageName } from '@touchpoint/contracts';
import type { Part } from '@touchpoint/kernel';
import { merge } from './merge.ts';
import { projections, readModels } from './projections.ts';
import { anyTimeline, fold, FOLDED, partsOf, type Happened } from './timeline.fixture.ts';

type Row = Readonly<Record<string, unknown>>;
const check = <T extends [unknown, ...unknown[]]>(property: fc.IPropertyWithHooks<T>) => fc.assert(property, { numRuns: 60 });
const one = fc.nat(1000);
/** The same things in another order. */
const shuffled = <T>(items: readonly T[], seeds: readonly number[]): readonly T[] =>
  items.map((item, i) => ({ item, at: ((seeds[i % seeds.length] ?? 1) * (i + 7)) % 101 })).sort((a, b) => a.at - b.at).map(({ item }) => item);
const seeds = fc.array(one, { minLength: 1, maxLength: 20 });

it('has names that are told apart, and every event that some read model folds in these laws', () => {
  expect(new Set(projections.map(({ name }) => name)).size).toBe(projections.length);
  expect(projections.flatMap(({ on }) => Object.keys(on)).filter((type) => !FOLDED.includes(type as MessageName))).toEqual([]);
});

describe.each(Object.values(readModels).map((model) => [model.name, model] as const))('%s', (_name, model) => {
  const projection = projections.find(({ name }) => name === model.name)!;
  const own = Object.keys(model.on) as MessageName[];
  const timeline = anyTimeline(projection.every ? FOLDED : own);
  const join = model.join as (row: Row | undefined, part: Row) => Row;
  const show = (rows: readonly Row[]) => merge(model as never, rows);

  it('says what everything is that it shows', () => {
    for (const [name, { doc }] of Object.entries({ ...projection.key, ...projection.columns })) expect([name, doc.length > 4]).toEqual([name, true]);
  });
  it('Replay equals live: no split into batches changes a row', () =>
    check(fc.property(timeline, fc.array(fc.nat(20)), (events, at) => expect(fold(projection, events, new Set(at))).toEqual(fold(projection, events)))));
  it('does not mind the order in which events arrive', () =>
    check(fc.property(timeline, seeds, (events, by) => expect(fold(projection, shuffled(events, by))).toEqual(fold(projection, events)))));
  it('Merge order does not matter: any order and grouping of the parts shows the same', () =>
    check(fc.property(timeline, seeds, (events, by) => {
      const [a = [], b = [], c = []] = [...fold(projection, events).values()];
      const all = show([...a, ...b, ...c]);
      expect(show(shuffled([...a, ...b, ...c], by))).toEqual(all);
      expect(show([...show([...a, ...b]), ...c])).toEqual(all);
      expect(show([...a, ...show([...c, ...b])])).toEqual(all);
      expect(show(a)).toEqual(show(show(a)));
    })));
  it('shows of a merged customer what one timeline would have told', () =>
    check(fc.property(timeline, (events) => {
      const parts = [...fold(projection, events).values()].flat();
      const whole = new Map<string, { key: Row; row: Row | undefined }>();
      for (const { key, part } of events.flatMap((happening) => partsOf(projection, happening))) {
        const id = JSON.stringify(key);
        whole.set(id, { key, row: join(whole.get(id)?.row, part) });
      }
      expect(show(parts)).toEqual(show([...whole.values()].map(({ key, row }) => ({ ...key, ...row }))));
    })));
  it('can be added up before the row is known', () =>
    check(fc.property(timeline, fc.nat(20), (events, first) => {
      const parts = events.filter(({ recorded }) => recorded.customerId === events[0]!.recorded.customerId).flatMap((happening) => partsOf(projection, happening));
      const added = (some: readonly Part<Row>[]) => some.reduce<Row | undefined>((row, { part }) => join(row, part), undefined);
      const same = parts.filter(({ key }) => JSON.stringify(key) === JSON.stringify(parts[0]?.key));
      const later = added(same.slice(first));
      expect(later ? join(added(same.slice(0, first)), later) : added(same)).toEqual(added(same));
    })));
  it('gives the same row back when nothing changed', () =>
    check(fc.property(timeline, (events) => {
      for (const happening of events as readonly Happened[]) {
        for (const { part } of partsOf(projection, happening)) {
          const row = join(undefined, part);
          if (Object.keys(part).every((name) => projection.columns[name]!.merge !== 'sum')) expect(join(row, part)).toBe(row);
        }
      }
    })));
});
