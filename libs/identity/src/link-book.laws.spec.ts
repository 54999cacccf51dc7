import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CustomerId, SourceKey } from '@touchpoint/kernel';
import { anyEvents, LinkTable, play } from './link-book.fixture.ts';
import type { Resolution, ResolvableEvent } from './resolution.ts';

const check = (property: fc.IRawProperty<unknown>) => fc.assert(property as fc.IProperty<unknown>, { numRuns: 300 });
const rows = (table: LinkTable) => ({ links: [...table.links.values()].sort((a, b) => (a.key < b.key ? -1 : 1)), customers: [...table.customers.values()].sort((a, b) => (a.customerId < b.customerId ? -1 : 1)) });

/** Which customer a key belongs to, told from the facts alone: it came to it once more than it left it. No order is needed for that. */
const ownersOf = (resolutions: readonly Resolution[]) => {
  const stays = new Map<SourceKey, Map<CustomerId, number>>();
  const count = (key: SourceKey, customerId: CustomerId, by: number) => {
    const of = stays.get(key) ?? new Map<CustomerId, number>();
    stays.set(key, of.set(customerId, (of.get(customerId) ?? 0) + by));
  };
  for (const fact of resolutions.flatMap(({ facts }) => facts)) {
    if (fact.type !== 'IdentitiesLinked') continue;
    for (const { key, movedFrom } of fact.data.linked) {
      count(key, fact.data.customerId, 1);
      if (movedFrom !== null) count(key, movedFrom, -1);
    }
  }
  return new Map([...stays].map(([key, of]) => [key, [...of].filter(([, n]) => n !== 0)]));
};

/** Users that may be one: those that some alias named together. */
const sameByAlias = (events: readonly ResolvableEvent[]) => {
  const parent = new Map<SourceKey, SourceKey>();
  const find = (key: SourceKey): SourceKey => (parent.has(key) ? find(parent.get(key)!) : key);
  for (const { link, sources } of events) {
    const users = sources.flatMap((source) => (source.kind === 'user' ? [source.key] : []));
    if (link === 'alias') users.forEach((user) => { if (find(user) !== find(users[0]!)) parent.set(find(user), find(users[0]!)); });
  }
  return find;
};

describe('whatever the events', () => {
  it('gives a resolution that no split into batches changes', () =>
    check(fc.property(anyEvents(), fc.array(fc.integer({ min: 1, max: 5 })), (events, sizes) => {
      const batches: ResolvableEvent[][] = [];
      for (let at = 0, i = 0; at < events.length; i++) batches.push(events.slice(at, (at += sizes[i] ?? events.length)));
      const whole = play([events]);
      const split = play(batches);
      expect(split.resolutions).toEqual(whole.resolutions);
      expect(rows(split.table)).toEqual(rows(whole.table));
    })));

  it('changes nothing when an event is resolved again', () =>
    check(fc.property(anyEvents(), (events) => {
      const table = new LinkTable();
      for (const event of events) {
        const [first] = play([[event]], table).resolutions;
        const before = rows(table);
        expect(play([[event]], table).resolutions).toEqual([{ customerId: first!.customerId, links: [], merges: [], facts: [] }]);
        expect(rows(table)).toEqual(before);
      }
    })));

  it('merges no two users without an alias that names both', () =>
    check(fc.property(anyEvents(), (events) => {
      const find = sameByAlias(events);
      for (const users of play([events]).table.users().values()) expect(new Set(users.map(find)).size).toBe(1);
    })));
  it('leaves each customer at most one user when nothing is aliased', () =>
    check(fc.property(anyEvents(['none', 'identify']), (events) => {
      for (const users of play([events]).table.users().values()) expect(users).toHaveLength(1);
    })));

  it('gives every source one customer, under the oldest of its set, and knows which have a user', () =>
    check(fc.property(anyEvents(), (events) => {
      const { table } = play([events]);
      const users = table.users();
      for (const { customerId } of table.links.values()) expect(table.customers.has(customerId)).toBe(true);
      for (const { customerId, createdAt, survivorId, hasUser } of table.customers.values()) {
        if (survivorId === null) expect(hasUser).toBe(users.has(customerId));
        else {
          const survivor = table.customers.get(survivorId)!;
          expect([survivor.createdAt, survivor.customerId] < [createdAt, customerId] || survivor.createdAt < createdAt).toBe(true);
        }
      }
    })));

  it('puts an event where its deciding source belongs from then on', () =>
    check(fc.property(anyEvents(), (events) => {
      const table = new LinkTable();
      for (const event of events) {
        const { resolutions: [resolution] } = play([[event]], table);
        const owners = event.sources.flatMap((source) => (source.kind !== 'customer' && table.links.has(source.key) ? [table.rootOf(table.links.get(source.key)!.customerId)] : []));
        expect(owners).toContain(resolution!.customerId);
        expect(table.customers.get(resolution!.customerId)!.survivorId).toBeNull();
      }
    })));

  it('does not mind the order of unrelated events', () =>
    check(fc.property(anyEvents(undefined, ':x'), anyEvents(undefined, ':y'), fc.array(fc.boolean()), (xs, ys, turns) => {
      const [left, right] = [[...xs], [...ys]];
      const mixed: ResolvableEvent[] = [];
      for (const turn of turns) mixed.push(...(turn ? left : right).splice(0, 1));
      mixed.push(...left, ...right);
      const one = play([mixed]);
      const other = play([[...ys, ...xs]]);
      expect(rows(one.table)).toEqual(rows(other.table));
      const byEvent = (events: readonly ResolvableEvent[], resolutions: readonly Resolution[]) => new Map(events.map(({ publisher, messageId }, i) => [publisher + messageId, resolutions[i]]));
      expect(byEvent(mixed, one.resolutions)).toEqual(byEvent([...ys, ...xs], other.resolutions));
    })));

  it('can be told from its facts, in any order', () =>
    check(fc.property(anyEvents(), (events) => {
      const { table, resolutions } = play([events]);
      const owners = ownersOf(resolutions.toReversed());
      expect(owners.size).toBe(table.links.size);
      for (const { key, customerId } of table.links.values()) expect(owners.get(key)).toEqual([[customerId, 1]]);
      const survivors = new Map(resolutions.flatMap(({ facts }) => facts).flatMap((fact) => (fact.type === 'CustomerAbsorbed' ? [[fact.timeline, fact.data.survivorId] as const] : [])));
      for (const { customerId, survivorId } of table.customers.values()) expect(survivors.get(customerId) ?? null).toBe(survivorId);
    })));

  it('gives every fact an id of its own', () =>
    check(fc.property(anyEvents(), (events) => {
      const ids = play([events]).resolutions.flatMap(({ facts }) => facts.map(({ id }) => id));
      expect(new Set(ids).size).toBe(ids.length);
    })));
});
