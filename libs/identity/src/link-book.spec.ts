import { beforeEach, describe, expect, it } from '@jest/globals';
import { customerIdOf, type CustomerId, type Source } from '@touchpoint/kernel';
import { alias, event, identify, key, track } from './link-book.fixture.ts';
import { LinkBook } from './link-book.ts';
import { customerOfSourceKey, customerSourceKey, eventSources } from './source.ts';

let book: LinkBook;
const customer = (id: string) => customerIdOf(key(id));
const owner = (id: string) => book.resolve(track(id)).customerId;
beforeEach(() => { book = new LinkBook(); });

describe('an event without link', () => {
  it('makes a customer of its first source when none is known', () => {
    const { customerId, links, facts } = book.resolve(track('anonymous:a', 'device:d'));
    expect(customerId).toBe(customer('anonymous:a'));
    expect(links.map((link) => link.key)).toEqual([key('anonymous:a')]);
    expect(facts).toMatchObject([{ type: 'IdentitiesLinked', timeline: customerId, data: { by: 'none', linked: [{ kind: 'anonymous', key: key('anonymous:a'), movedFrom: null }] } }]);
  });
  it('goes to the first source that is known, and ties nothing', () => {
    book.resolve(track('device:d'));
    expect(book.resolve(track('anonymous:a', 'device:d'))).toEqual({ customerId: customer('device:d'), links: [], merges: [], facts: [] });
    expect(owner('anonymous:a')).toBe(customer('anonymous:a'));
  });
  it('goes to its user, known or not, whoever had the phone before', () => {
    book.resolve(identify('user:7', 'anonymous:a'));
    expect(book.resolve(track('anonymous:a', 'user:42')).customerId).toBe(customer('user:42'));
    expect(owner('anonymous:a')).toBe(customer('user:7'));
  });
  it('needs a source', () => expect(() => book.resolve(track())).toThrow('no source'));
});

describe('an outcome', () => {
  const outcome = (customerId: CustomerId) => ({ ...track(), sources: [{ kind: 'customer' as const, customerId }] });
  it('goes to the customer that it names, seen or not, without a link', () =>
    expect(book.resolve(outcome(customer('user:9')))).toEqual({ customerId: customer('user:9'), links: [], merges: [], facts: [] }));
  it('goes to the survivor of that customer', () => {
    book.resolve(track('anonymous:a'));
    book.resolve(track('user:1'));
    book.resolve(identify('user:1', 'anonymous:a'));
    expect(book.resolve(outcome(customer('user:1'))).customerId).toBe(customer('anonymous:a'));
  });
  it('carries the id in its source key', () => {
    const id = customer('user:9');
    const sources = [{ kind: 'customer', key: customerSourceKey(id), label: null }, { kind: 'user', key: key('user:9'), label: null }] satisfies Source[];
    expect(customerOfSourceKey(customerSourceKey(id))).toBe(id);
    expect(eventSources(sources)).toEqual([{ kind: 'customer', customerId: id }, { kind: 'user', key: key('user:9') }]);
    expect(eventSources(sources.slice(1))).toEqual(sources.slice(1));
  });
});

describe('identify', () => {
  it('lets a new user join the customer that was anonymous so far', () => {
    book.resolve(track('anonymous:a'));
    const { customerId, merges, facts } = book.resolve(identify('user:1', 'anonymous:a'));
    expect(customerId).toBe(customer('anonymous:a'));
    expect(merges).toEqual([]);
    expect(facts).toMatchObject([{ type: 'IdentitiesLinked', data: { by: 'identify', linked: [{ kind: 'user', key: key('user:1'), movedFrom: null }] } }]);
    expect(owner('user:1')).toBe(customerId);
  });
  it('merges the younger customer into the older, on both timelines', () => {
    book.resolve(track('user:1'));
    book.resolve(track('anonymous:a'));
    const { customerId, merges, facts } = book.resolve(identify('user:1', 'anonymous:a'));
    expect(customerId).toBe(customer('user:1'));
    expect(merges).toEqual([{ survivor: customer('user:1'), absorbed: customer('anonymous:a') }]);
    expect(facts.map(({ type, timeline }) => [type, timeline])).toEqual([['CustomerAbsorbed', customer('anonymous:a')], ['CustomerMerged', customer('user:1')]]);
    expect(owner('anonymous:a')).toBe(customer('user:1'));
  });
  it('breaks a tie in age by id', () => {
    book.resolve(event('none', ['user:1'], 5));
    book.resolve(event('none', ['anonymous:a'], 5));
    expect(book.resolve(identify('user:1', 'anonymous:a')).customerId).toBe([customer('user:1'), customer('anonymous:a')].sort()[0]);
  });
  it('moves a shared phone to the newer user and merges no strangers', () => {
    book.resolve(identify('user:7', 'device:d'));
    const { customerId, merges, facts } = book.resolve(identify('user:42', 'device:d'));
    expect(customerId).toBe(customer('user:42'));
    expect(merges).toEqual([]);
    expect(facts).toMatchObject([{ type: 'IdentitiesLinked', data: { linked: [{ key: key('user:42'), movedFrom: null }, { key: key('device:d'), movedFrom: customer('user:7') }] } }]);
    expect(owner('device:d')).toBe(customer('user:42'));
    expect(owner('user:7')).toBe(customer('user:7'));
  });
  it('takes nothing back when it comes late', () => {
    book.resolve(event('identify', ['user:42', 'device:d'], 200));
    expect(book.resolve(event('identify', ['user:7', 'device:d'], 100)).customerId).toBe(customer('user:7'));
    expect(owner('device:d')).toBe(customer('user:42'));
  });
  it('lets the stronger id keep its customer when no user says who it is', () => {
    book.resolve(identify('user:1', 'email:e'));
    book.resolve(identify('user:2', 'anonymous:a'));
    expect(book.resolve(identify('anonymous:a', 'email:e')).customerId).toBe(customer('user:1'));
    expect(owner('anonymous:a')).toBe(customer('user:1'));
    expect(owner('email:e')).toBe(customer('user:1'));
  });
  it('never ties a second user', () => {
    book.resolve(identify('user:1', 'user:2'));
    expect(owner('user:2')).toBe(customer('user:2'));
    expect(owner('user:1')).toBe(customer('user:1'));
    expect(book.resolve(identify('user:1', 'user:2')).facts).toEqual([]);
  });
  it('merges all that were apart, along a chain', () => {
    for (const id of ['anonymous:a', 'device:d', 'user:1']) book.resolve(track(id));
    expect(book.resolve(identify('user:1', 'device:d')).customerId).toBe(customer('device:d'));
    expect(book.resolve(identify('user:1', 'anonymous:a')).customerId).toBe(customer('anonymous:a'));
    for (const id of ['anonymous:a', 'device:d', 'user:1']) expect(owner(id)).toBe(customer('anonymous:a'));
  });
});

describe('alias', () => {
  it('merges the users that it names', () => {
    book.resolve(track('user:1'));
    book.resolve(track('user:2'));
    expect(book.resolve(alias('user:2', 'user:1')).merges).toEqual([{ survivor: customer('user:1'), absorbed: customer('user:2') }]);
    expect(owner('user:2')).toBe(customer('user:1'));
  });
  it('gives an old user a new name', () => {
    book.resolve(track('user:old'));
    expect(book.resolve(alias('user:new', 'user:old')).customerId).toBe(customer('user:old'));
    expect(owner('user:new')).toBe(customer('user:old'));
  });
  it('merges no stranger through a phone that both used', () => {
    book.resolve(identify('user:7', 'anonymous:a'));
    book.resolve(alias('user:42', 'anonymous:a'));
    expect(owner('user:7')).toBe(customer('user:7'));
    expect(owner('anonymous:a')).toBe(customer('user:42'));
  });
});

describe('a book', () => {
  it('refuses rows that name a customer it was not given', () =>
    expect(() => new LinkBook({ links: [{ key: key('user:1'), kind: 'user', customerId: customer('user:1'), since: 0, by: 'none' }], customers: [] })).toThrow('not loaded'));
  it('tells each change once, in id order', () => {
    book.resolve(identify('user:1', 'anonymous:a', 'email:e'));
    const { links, customers } = book.takeChanges();
    expect(links.map((link) => link.key)).toEqual([key('anonymous:a'), key('email:e'), key('user:1')]);
    expect(customers).toEqual([expect.objectContaining({ customerId: customer('user:1'), hasUser: true, survivorId: null, alone: false })]);
    expect(book.takeChanges()).toEqual({ links: [], customers: [], strays: [], erased: { forever: [], soFar: [] } });
  });
});
