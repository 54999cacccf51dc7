import { customerIdOf, invalidMessage, type CustomerId, type Instant, type Link, type SourceKey, type SourceKind } from '@touchpoint/kernel';
import type { CustomerRow, LinkChanges, LinkRow, LinkSnapshot } from './links.ts';
import { factId, type Fact, type Merge, type Resolution, type ResolvableEvent } from './resolution.ts';
import { byStrength, isStrong, strongest, type EventSource, type LinkableKind } from './source.ts';

type Customer = { readonly id: CustomerId; readonly createdAt: Instant; survivor: Customer | null; hasUser: boolean; alone: boolean; erased: boolean };
type LinkEntry = { readonly key: SourceKey; readonly kind: LinkableKind; customer: Customer; since: Instant; by: Link };
type Linkable = Extract<EventSource, { key: SourceKey }>;

const NONE: readonly never[] = [];
const LABELLED: ReadonlySet<SourceKind> = new Set(['user', 'email', 'phone']);

const rootOf = (customer: Customer): Customer => {
  let root = customer;
  while (root.survivor) root = root.survivor;
  return root;
};
const isOlder = (a: Customer, b: Customer): boolean => a.createdAt < b.createdAt || (a.createdAt === b.createdAt && a.id < b.id);
const rowOfLink = ({ key, kind, customer, since, by }: LinkEntry): LinkRow => ({ key, kind, customerId: customer.id, since, by });
const rowOfCustomer = ({ id, createdAt, survivor, hasUser, alone, erased }: Customer): CustomerRow => ({ customerId: id, createdAt, survivorId: survivor?.id ?? null, hasUser, alone, erased });
const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * The links of a batch's sources, and the rule over them (design §4).
 *
 * - An event without link belongs to the customer of its `customer` or `user` source; if it has neither, of the first source that is known. Only that
 *   source is looked at and, when new, linked; the others are not tied to it.
 * - `identify` ties all sources. Customers that were apart are merged, the younger into the older, as long as at most one of them has a user.
 *   Otherwise the weaker source moves to the stronger one's customer, from `occurredAt` on: a late event takes back nothing that was linked after it.
 * - `alias` does the same, and merges the users that it names too. A weak source names none: an alias of a shared phone merges no strangers.
 * - A customer that was erased merges with nobody. Its own late events are still its, and sources that nobody had come to it and are erased with it.
 *
 * Holds what was loaded (`wanted`) and what was resolved since; no I/O, no clock. Not resolved in part: it throws before it changes anything.
 */
export class LinkBook {
  readonly #links = new Map<SourceKey, LinkEntry>();
  readonly #customers = new Map<CustomerId, Customer>();
  readonly #changedLinks = new Set<LinkEntry>();
  readonly #changedCustomers = new Set<Customer>();
  readonly #strays = new Map<string, Readonly<{ customer: Customer; key: SourceKey }>>();
  readonly #erased = new Set<SourceKey>();

  /** @throws Error when a link or a customer names a customer that is not given */
  constructor({ links, customers }: LinkSnapshot = { links: [], customers: [] }) {
    const rows = [...customers];
    for (const { customerId: id, createdAt, hasUser, alone, erased } of rows) this.#customers.set(id, { id, createdAt, survivor: null, hasUser, alone, erased });
    for (const { customerId, survivorId } of rows) if (survivorId !== null) this.#customer(customerId).survivor = this.#customer(survivorId);
    for (const { customerId, ...link } of links) this.#links.set(link.key, { ...link, customer: this.#customer(customerId) });
  }

  /** @throws Failure InvalidMessage for an event without sources */
  resolve(event: ResolvableEvent): Resolution {
    const [primary] = event.sources;
    if (!primary) throw invalidMessage('IDENTITY.NO_SOURCE', 'The event has no source.');
    return event.link === 'none' ? this.#place(event, primary) : this.#tie(event, primary);
  }

  /** What was changed since this was last asked for. */
  takeChanges(): LinkChanges {
    const links = [...this.#changedLinks].map(rowOfLink).sort((a, b) => byText(a.key, b.key));
    const customers = [...this.#changedCustomers].map(rowOfCustomer).sort((a, b) => byText(a.customerId, b.customerId));
    const strays = [...this.#strays.values()].map(({ customer, key }) => ({ customerId: customer.id, key })).sort((a, b) => byText(a.customerId + a.key, b.customerId + b.key));
    const soFar = [...this.#strays.values()].filter(({ customer }) => customer.erased).map(({ key }) => key);
    const erased = { forever: [...this.#erased].sort(byText), soFar: [...new Set(soFar)].sort(byText) };
    this.#changedLinks.clear();
    this.#changedCustomers.clear();
    this.#strays.clear();
    this.#erased.clear();
    return { links, customers, strays, erased };
  }

  #place(event: ResolvableEvent, primary: EventSource): Resolution {
    const { sources } = event;
    const strong = strongest(sources);
    if (strong) {
      const known = this.#find(strong);
      if (known) this.#keepStrays(known, sources, strong);
      if (known) return { customerId: known.id, links: NONE, merges: NONE, facts: NONE };
      // A customer that nobody has seen is taken at its word: only we say `customer`, and there is nothing to link.
      if (strong.kind === 'customer') return { customerId: strong.customerId, links: NONE, merges: NONE, facts: NONE };
    } else {
      for (const source of sources) {
        const known = this.#find(source);
        if (known) this.#keepStrays(known, sources, source);
        if (known) return { customerId: known.id, links: NONE, merges: NONE, facts: NONE };
      }
    }
    const first = (strong ?? primary) as Linkable;
    const customer = this.#create(customerIdOf(first.key), event.occurredAt);
    const resolution = this.#linked(event, customer, [first], NONE);
    this.#keepStrays(customer, sources, first);
    return resolution;
  }

  #tie(event: ResolvableEvent, primary: EventSource): Resolution {
    const sources = byStrength(event.sources);
    const alias = event.link === 'alias';
    const decider = sources[0]!;
    let target = this.#target(event, sources, decider, primary);
    const unknown = sources.filter((source) => source.kind === 'user' && !this.#find(source));
    const users: readonly EventSource[] = alias ? unknown : target.hasUser ? NONE : unknown.filter((user) => user === decider || decider.kind === 'customer').slice(0, 1);
    let hasUser = target.hasUser || users.length > 0;

    const merges: Merge[] = [];
    for (const source of sources) {
      const other = this.#find(source);
      if (!other || other === target || other.erased || target.erased) continue;
      const named = alias && isStrong(source) && isStrong(decider);
      if (!named && ((hasUser && other.hasUser) || target.alone || other.alone)) continue;
      const [survivor, absorbed] = isOlder(target, other) ? [target, other] : [other, target];
      this.#merge(survivor, absorbed);
      merges.push({ survivor: survivor.id, absorbed: absorbed.id });
      hasUser ||= other.hasUser;
      target = survivor;
    }

    const tied = sources.filter((source): source is Linkable => {
      if (source.kind === 'customer') return false;
      const link = this.#links.get(source.key);
      if (!link) return source.kind !== 'user' || users.includes(source);
      return !target.erased && source.kind !== 'user' && rootOf(link.customer) !== target && event.occurredAt >= link.since;
    });
    const resolution = this.#linked(event, target, tied, merges);
    this.#keepStrays(target, event.sources);
    return resolution;
  }

  /** The customer that an event which ties its sources belongs to, before anything is merged into it. */
  #target({ link, occurredAt }: ResolvableEvent, sources: readonly EventSource[], decider: EventSource, primary: EventSource): Customer {
    const known = this.#find(decider);
    if (known) return known;
    if (decider.kind === 'customer') return this.#create(decider.customerId, occurredAt);
    for (const source of sources) {
      const found = this.#find(source);
      if (!found) continue;
      if (found.erased && decider.kind === 'user') continue;
      // A new user joins the customer that one of its sources had before it had a user, but no stranger's.
      if (decider.kind !== 'user' || (!found.hasUser && !found.alone) || (link === 'alias' && isStrong(source))) return found;
    }
    const first = (decider.kind === 'user' ? decider : primary) as Linkable;
    return this.#create(customerIdOf(first.key), occurredAt);
  }

  #linked(event: ResolvableEvent, customer: Customer, sources: readonly Linkable[], merges: readonly Merge[]): Resolution {
    const { link: by, occurredAt: since } = event;
    const linked = sources
      .filter(({ key }, i) => sources.findIndex((other) => other.key === key) === i)
      .map(({ kind, key }) => ({ kind, key, movedFrom: this.#links.get(key)?.customer.id ?? null }));
    const links = linked.map(({ kind, key }) => this.#link(kind, key, customer, since, by));
    const facts: Fact[] = merges.flatMap(({ survivor, absorbed }): Fact[] => [
      { id: factId(event, 'CustomerAbsorbed', absorbed), timeline: absorbed, type: 'CustomerAbsorbed', data: { customerId: absorbed, survivorId: survivor, by } },
      { id: factId(event, 'CustomerMerged', absorbed), timeline: survivor, type: 'CustomerMerged', data: { customerId: survivor, absorbedId: absorbed, by } },
    ]);
    if (linked.length > 0) facts.push({ id: factId(event, 'IdentitiesLinked'), timeline: customer.id, type: 'IdentitiesLinked', data: { customerId: customer.id, by, linked } });
    return { customerId: customer.id, links, merges, facts };
  }

  #link(kind: LinkableKind, key: SourceKey, customer: Customer, since: Instant, by: Link): LinkRow {
    let link = this.#links.get(key);
    if (link) {
      this.#stray(link.customer, key);
      Object.assign(link, { customer, since, by });
    } else this.#links.set(key, (link = { key, kind, customer, since, by }));
    this.#changedLinks.add(link);
    if (rootOf(customer).erased) this.#erased.add(key);
    if (kind === 'user' && !customer.hasUser) {
      customer.hasUser = true;
      this.#changedCustomers.add(customer);
    }
    return rowOfLink(link);
  }

  /** What an event says of a person is sealed under its first source's key, and the clear values of those in `LABELLED` under their own: all but what is linked to the customer is kept. */
  #keepStrays(customer: Customer, sources: readonly EventSource[], besides?: EventSource): void {
    for (let i = 0; i < sources.length; i += 1) {
      const source = sources[i]!;
      if (source === besides || source.kind === 'customer' || (i > 0 && !LABELLED.has(source.kind))) continue;
      const link = this.#links.get(source.key);
      if (!link || rootOf(link.customer) !== rootOf(customer)) this.#stray(customer, source.key);
    }
  }

  #stray(customer: Customer, key: SourceKey): void {
    this.#strays.set(`${customer.id}${key}`, { customer, key });
  }

  #merge(survivor: Customer, absorbed: Customer): void {
    absorbed.survivor = survivor;
    absorbed.alone = false;
    survivor.hasUser ||= absorbed.hasUser;
    this.#changedCustomers.add(survivor).add(absorbed);
  }

  /** The customer of a source that is seen for the first time. One whose links were taken away is there already, and stays what it was. */
  #create(id: CustomerId, createdAt: Instant): Customer {
    const there = this.#customers.get(id);
    if (there) return rootOf(there);
    const customer: Customer = { id, createdAt, survivor: null, hasUser: false, alone: false, erased: false };
    this.#customers.set(id, customer);
    this.#changedCustomers.add(customer);
    return customer;
  }

  #find(source: EventSource): Customer | undefined {
    const customer = source.kind === 'customer' ? this.#customers.get(source.customerId) : this.#links.get(source.key)?.customer;
    return customer && rootOf(customer);
  }

  #customer(id: CustomerId): Customer {
    const customer = this.#customers.get(id);
    if (!customer) throw new Error(`customer ${id} is named but was not loaded`);
    return customer;
  }
}
