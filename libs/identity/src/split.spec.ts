import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { customerIdOf, type CustomerId } from '@touchpoint/kernel';
import { alias, anyEvents, identify, key, LinkTable, play, track } from './link-book.fixture.ts';
import { split, type Split } from './split.ts';

const customer = (id: string) => customerIdOf(key(id));
let table: LinkTable;
const request = (memberId: CustomerId) => ({ memberId, requestedBy: 'operator', reason: 'two persons', publisher: 'console', messageId: 's1' });
const setOf = (id: CustomerId) => {
  const root = table.rootOf(id);
  const customers = [...table.customers.values()].filter(({ customerId }) => table.rootOf(customerId) === root);
  return { customers, links: [...table.links.values()].filter(({ customerId }) => table.rootOf(customerId) === root) };
};
const take = (id: CustomerId): Split => {
  const result = split(setOf(id), request(id));
  if ('rejected' in result) throw new Error(result.rejected);
  table.save({ links: [], customers: result.customers });
  return result;
};
beforeEach(() => { table = new LinkTable(); });

describe('when a customer was absorbed', () => {
  beforeEach(() => void play([[track('anonymous:a'), track('user:1'), identify('user:1', 'anonymous:a')]], table));

  it('takes it out with its own sources, on both timelines', () => {
    const { sources, facts } = take(customer('user:1'));
    expect(sources).toEqual([key('user:1')]);
    expect(facts.map(({ timeline, type }) => [timeline, type])).toEqual([[customer('user:1'), 'CustomerSplit'], [customer('anonymous:a'), 'CustomerSplit']]);
    expect(facts[0]!.data).toEqual({ customerId: customer('anonymous:a'), memberId: customer('user:1'), sources, requestedBy: 'operator', reason: 'two persons' });
    expect(table.ownerOf('user:1')).toBe(customer('user:1'));
    expect(table.ownerOf('anonymous:a')).toBe(customer('anonymous:a'));
    expect(table.customers.get(customer('anonymous:a'))).toMatchObject({ hasUser: false });
  });
  it('stays out when they identify together again: the source moves instead', () => {
    take(customer('user:1'));
    const { resolutions: [again] } = play([[identify('user:1', 'anonymous:a')]], table);
    expect(again).toMatchObject({ customerId: customer('user:1'), merges: [] });
    expect(table.ownerOf('anonymous:a')).toBe(customer('user:1'));
  });
  it('comes back by an alias that names both', () => {
    play([[identify('user:2', 'device:d')]], table);
    take(customer('user:1'));
    play([[alias('user:1', 'user:2')]], table);
    expect(table.ownerOf('user:1')).toBe(table.ownerOf('user:2'));
  });
  it('refuses to take out the survivor, or a stranger', () => {
    expect(split(setOf(customer('user:1')), request(customer('anonymous:a')))).toEqual({ rejected: 'IDENTITY.NOT_ABSORBED' });
    expect(split(setOf(customer('user:1')), request(customer('user:9')))).toEqual({ rejected: 'IDENTITY.NOT_ABSORBED' });
  });
});

describe('Merge order does not matter: a split, after any merges,', () => {
  it('undoes exactly one: what the member had absorbed goes with it, all else stays', () =>
    fc.assert(fc.property(anyEvents(), fc.nat(), (events, pick) => {
      ({ table } = play([events]));
      const absorbed = [...table.customers.values()].filter(({ survivorId }) => survivorId !== null);
      if (absorbed.length === 0) return;
      const { customerId: memberId } = absorbed[pick % absorbed.length]!;
      const root = table.rootOf(memberId);
      const before = new Map([...table.links.values()].map(({ key: one, customerId }) => [one, table.rootOf(customerId)]));
      const { sources } = take(memberId);
      const users = table.users();
      for (const { key: one, customerId } of table.links.values()) expect(table.rootOf(customerId)).toBe(sources.includes(one) ? memberId : before.get(one));
      for (const id of [memberId, root]) expect(table.customers.get(id)!.hasUser).toBe(users.has(id));
    })));
});
