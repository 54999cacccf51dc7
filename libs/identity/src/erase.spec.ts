import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { customerIdOf, type CustomerId } from '@touchpoint/kernel';
import { erase, type Erasure } from './erase.ts';
import { alias, anyEvents, event, identify, key, LinkTable, play, track } from './link-book.fixture.ts';
import type { ResolvableEvent } from './resolution.ts';
import { customerSourceKey } from './source.ts';

const customer = (id: string) => customerIdOf(key(id));
let table: LinkTable;
const erased = (id: CustomerId, messageId = 'e1'): Erasure => {
  const root = table.rootOf(id);
  const customers = [...table.customers.values()].filter(({ customerId }) => table.rootOf(customerId) === root);
  const links = [...table.links.values()].filter(({ customerId }) => table.rootOf(customerId) === root);
  const strays = table.strays.filter(({ customerId }) => table.rootOf(customerId) === root);
  const erasure = erase({ customers, links, strays }, { customerId: id, publisher: 'operations-api', messageId });
  table.save({ links: [], customers: erasure.customers });
  return erasure;
};
const after = (...events: readonly ResolvableEvent[]) => {
  const book = table.open(events);
  const resolutions = events.map((one) => book.resolve(one));
  const changes = book.takeChanges();
  table.save(changes);
  return { resolutions, changes };
};
beforeEach(() => { table = new LinkTable(); });

describe('when a customer is erased', () => {
  beforeEach(() => void play([[track('anonymous:a'), track('user:1'), identify('user:1', 'anonymous:a', 'email:e'), identify('user:2', 'phone:p')]], table));

  it('takes the keys of every source of the set, and of all that is sent to it, and tells each of its timelines', () => {
    const { keys, facts, customers } = erased(customer('user:1'));
    expect(keys).toEqual({ forever: [...['anonymous:a', 'email:e', 'user:1'].map(key), ...['anonymous:a', 'user:1'].map((id) => customerSourceKey(customer(id)))].sort(), soFar: [] });
    expect(facts.map(({ timeline, type, data }) => [timeline, type, data])).toEqual(
      customers.map(({ customerId }) => [customerId, 'CustomerErased', { customerId, rootId: table.rootOf(customer('user:1')), members: 2, sources: 3 }]));
    expect(customers).toHaveLength(2);
  });
  it('is told once: the second time nothing is new, and no key is left out', () => {
    const first = erased(customer('user:1'));
    expect(erased(customer('anonymous:a'), 'e2')).toEqual({ customers: [], keys: first.keys, facts: [] });
  });
  it('gives a repeat of the request the same facts', () => {
    const [one, other] = [0, 1].map(() => erase({ customers: [...table.customers.values()], links: [], strays: [] }, { customerId: customer('user:1'), publisher: 'p', messageId: 'e1' }));
    expect(one).toEqual(other);
  });
  it('keeps its sources: a late event of one is still its', () => {
    erased(customer('user:1'));
    const { resolutions: [late], changes } = after(track('user:1'));
    expect(late!.customerId).toBe(table.rootOf(customer('user:1')));
    expect(changes).toMatchObject({ links: [], customers: [], erased: { forever: [], soFar: [] } });
  });
  it('takes what nobody had, and erases it too, but nothing of another customer', () => {
    erased(customer('user:1'));
    const { resolutions: [late], changes } = after(identify('user:1', 'device:new', 'phone:p'));
    expect(late).toMatchObject({ customerId: table.rootOf(customer('user:1')), merges: [] });
    expect(changes.erased).toEqual({ forever: [key('device:new')], soFar: [key('phone:p')] });
    expect(table.ownerOf('phone:p')).toBe(customer('user:2'));
  });
  it.each<[string, ResolvableEvent]>([
    ['identified together with', identify('user:2', 'anonymous:a', 'email:e')],
    ['named an alias of', alias('user:2', 'user:1')],
    ['named an alias of, anew,', alias('user:3', 'user:1')],
    ['identified, anew, with a device of', identify('user:3', 'anonymous:a')],
  ])('is joined with nobody who is %s it', (_, then) => {
    erased(customer('user:1'));
    const { resolutions: [next] } = after(then);
    expect(next).toMatchObject({ merges: [] });
    expect(table.customers.get(next!.customerId)!.erased).toBe(false);
    expect(table.ownerOf('user:1')).not.toBe(next!.customerId);
  });
});

describe('a source of a customer that is, or becomes, another\'s', () => {
  it('is known for the day that the customer is erased: what was sealed under its key so far goes', () => {
    after(identify('user:1', 'anonymous:a', 'email:e'));
    after(identify('user:2', 'anonymous:a', 'email:e'));
    expect(erased(customer('user:1')).keys).toEqual({ forever: [key('user:1'), customerSourceKey(customer('user:1'))].sort(), soFar: ['anonymous:a', 'email:e'].map(key).sort() });
  });
  it('is known too where a late event names it and takes nothing back', () => {
    after(event('identify', ['user:1', 'email:e'], 10));
    after(event('identify', ['user:2', 'email:e'], 5));
    expect(erased(customer('user:2')).keys.soFar).toEqual([key('email:e')]);
  });
});

describe('Erased is unreadable: after any events', () => {
  it('no source that an event of the customer may be sealed under keeps its key', () =>
    fc.assert(fc.property(anyEvents(), fc.nat(), (events, pick) => {
      const { table: played, resolutions } = play(events.map((one) => [one]));
      table = played;
      if (table.customers.size === 0) return;
      const id = [...table.customers.keys()][pick % table.customers.size]!;
      const root = table.rootOf(id);
      const { keys } = erased(id);
      const gone = new Set([...keys.forever, ...keys.soFar]);
      resolutions.forEach(({ customerId }, i) => {
        if (table.rootOf(customerId) !== root) return;
        const { sources } = events[i]!;
        for (const [n, source] of sources.entries()) if (source.kind !== 'customer' && (n === 0 || ['user', 'email', 'phone'].includes(source.kind))) expect(gone).toContain(source.key);
      });
    })));
  it('no source of anybody else gets a tombstone', () =>
    fc.assert(fc.property(anyEvents(), anyEvents(), fc.nat(), (before, since, pick) => {
      ({ table } = play([before]));
      if (table.customers.size === 0) return;
      const id = [...table.customers.keys()][pick % table.customers.size]!;
      const dead = new Set(erased(id).keys.forever);
      for (const one of since) {
        const { changes, resolutions: [resolved] } = after(one);
        for (const of of changes.erased.forever) dead.add(of);
        expect(resolved!.merges.some(({ survivor, absorbed }) => [survivor, absorbed].some((side) => table.customers.get(side)!.erased))).toBe(false);
      }
      for (const link of table.links.values()) if (table.customers.get(table.rootOf(link.customerId))!.erased) expect(dead).toContain(link.key);
    })));
});
