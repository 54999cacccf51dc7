import fc from 'fast-check';
import type { CustomerId, Instant, Link, SourceKey } from '@touchpoint/kernel';
import { LinkBook } from './link-book.ts';
import type { CustomerRow, LinkChanges, LinkRow, StrayRow } from './links.ts';
import type { ResolvableEvent } from './resolution.ts';
import type { EventSource, LinkableKind } from './source.ts';
import { wanted } from './wanted.ts';

/** The key of a source in these specs: readable, and as long as a real one. */
export const key = (id: string): SourceKey => Buffer.from(id).toString('hex').padEnd(32, '0') as SourceKey;
export const source = (id: string): EventSource => ({ kind: id.split(':')[0] as LinkableKind, key: key(id) });

let events = 0;
export const event = (link: Link, ids: readonly string[], occurredAt: Instant = ++events): ResolvableEvent => ({
  sources: ids.map(source), link, occurredAt, publisher: 'spec', messageId: `m${++events}`,
});
export const track = (...ids: string[]) => event('none', ids);
export const identify = (...ids: string[]) => event('identify', ids);
export const alias = (...ids: string[]) => event('alias', ids);

const IDS = ['user:1', 'user:2', 'user:3', 'anonymous:a', 'anonymous:b', 'anonymous:c', 'device:d', 'email:e', 'phone:p'];
/** Events of few people, so that they meet. `of` keeps two worlds apart. */
export const anyEvents = (links: readonly Link[] = ['none', 'identify', 'alias'], of = ''): fc.Arbitrary<readonly ResolvableEvent[]> =>
  fc.array(
    fc.record({
      sources: fc.uniqueArray(fc.constantFrom(...IDS), { minLength: 1, maxLength: 4 }).map((ids) => ids.map((id) => source(id + of))),
      link: fc.constantFrom(...links), occurredAt: fc.nat(20), publisher: fc.constant(`spec${of}`), messageId: fc.uuid(),
    }),
    { maxLength: 25 },
  );

/** What an app keeps of it: rows that outlive a book. */
export class LinkTable {
  readonly links = new Map<SourceKey, LinkRow>();
  readonly customers = new Map<CustomerId, CustomerRow>();

  readonly strays: StrayRow[] = [];

  save({ links, customers, strays = [] }: Pick<LinkChanges, 'links' | 'customers'> & Partial<LinkChanges>): void {
    this.strays.push(...strays);
    for (const link of links) this.links.set(link.key, link);
    for (const customer of customers) this.customers.set(customer.customerId, customer);
  }

  /** A book that knows what these events want, and no more. */
  open(batch: readonly ResolvableEvent[]): LinkBook {
    const { keys, customerIds } = wanted(batch);
    const links = keys.flatMap((one) => this.links.get(one) ?? []);
    const loaded = new Map<CustomerId, CustomerRow>();
    const load = (id: CustomerId): void => {
      const row = this.customers.get(id);
      if (!row || loaded.has(id)) return;
      loaded.set(id, row);
      if (row.survivorId !== null) load(row.survivorId);
    };
    [...customerIds, ...links.map(({ customerId }) => customerId)].forEach(load);
    return new LinkBook({ links, customers: loaded.values() });
  }

  rootOf(id: CustomerId): CustomerId {
    const survivorId = this.customers.get(id)?.survivorId ?? null;
    return survivorId === null ? id : this.rootOf(survivorId);
  }

  ownerOf(id: string): CustomerId {
    return this.rootOf(this.links.get(key(id))!.customerId);
  }

  /** The users of each root. */
  users(): ReadonlyMap<CustomerId, readonly SourceKey[]> {
    const users = new Map<CustomerId, SourceKey[]>();
    for (const link of this.links.values()) if (link.kind === 'user') users.set(this.rootOf(link.customerId), [...(users.get(this.rootOf(link.customerId)) ?? []), link.key]);
    return users;
  }
}

export const play = (batches: readonly (readonly ResolvableEvent[])[], table = new LinkTable()) => {
  const resolutions = batches.flatMap((batch) => {
    const book = table.open(batch);
    const resolved = batch.map((one) => book.resolve(one));
    table.save(book.takeChanges());
    return resolved;
  });
  return { table, resolutions };
};
