import { toIso, type Instant, type Random } from '@touchpoint/kernel';
import type { LoadEvent } from './load.ts';

type Told = Readonly<{ as?: 'user' | 'visitor' | 'both'; context?: object }>;

/** Phases are so far apart in a person's time, events within one a second. */
const PHASE_MS = 3 * 3_600_000;

/**
 * One person of the load and what it does in one phase. Every event has a time and an id of its own that hang on nothing but who, when and which: a person's
 * times rise in the order of sending, so that what counts as first and last is the same in every run.
 */
export class Person {
  readonly name: string;
  readonly n: number;
  readonly chance: Random;
  readonly events: LoadEvent[] = [];
  readonly #from: Instant;
  readonly #phase: number;
  readonly #historical: boolean;

  constructor(name: string, n: number, phase: number, base: Instant, chance: Random, historical = false) {
    [this.name, this.n, this.chance] = [name, n, chance];
    this.#phase = phase;
    this.#from = base + phase * PHASE_MS + (n % 600) * 1_000;
    this.#historical = historical;
  }

  get id(): string {
    return `${this.name}-${this.n}`;
  }

  get email(): string {
    return `${this.id}@people.example`;
  }

  /** What its app says of itself. A device shared by two people bears the number of the pair. */
  app(device = this.id): object {
    return {
      app: { name: 'Shop', version: `5.${this.#phase}.0`, namespace: 'example.shop' }, os: { name: 'iOS', version: '18.2' }, locale: 'de-CH', timezone: 'Europe/Zurich',
      device: { id: `device-${device}`, type: 'ios', manufacturer: 'Apple', model: 'iPhone15,3', token: `token-${device}` },
    };
  }

  say(type: string, what: object, { as = 'user', context }: Told = {}): void {
    const number = this.events.length;
    this.events.push({
      type, ...what, ...(context && { context }), ...(this.#historical && { historical: true }),
      ...(as !== 'visitor' && { userId: this.id }), ...(as !== 'user' && { anonymousId: `visit-${this.id}` }),
      messageId: `${this.id}/${this.#phase}/${number}`, timestamp: toIso(this.#from + number * 1_000),
    });
  }

  track(event: string, properties: object, told?: Told): void {
    this.say('track', { event, properties }, told);
  }

  identify(traits: object, told?: Told): void {
    this.say('identify', { traits }, told);
  }

  consent(channel: string, granted: boolean): void {
    this.track('Consent Changed', { channel, purpose: 'marketing', granted, method: 'form' });
  }

  browse(events: number, told?: Told): void {
    for (let i = 0; i < events; i++) this.chance.one(BROWSING)(this, told);
  }

  /** @returns the order's number. */
  order(coupon?: string): string {
    const id = `${this.id}-${this.#phase}-${this.events.length}`;
    const products = Array.from({ length: 1 + this.chance.below(3) }, () => this.product());
    this.track('Order Completed', { order_id: id, currency: 'EUR', total: products.reduce((sum, { price, quantity }) => sum + price * quantity, 0), products, ...(coupon !== undefined && { coupon }) });
    return id;
  }

  product() {
    const n = this.chance.below(200);
    return { product_id: `p-${n}`, sku: `SKU-${n}`, name: `Article ${n}`, category: 'Home', price: 5 + (n % 40), quantity: 1 + this.chance.below(3) };
  }
}

const BROWSING: readonly ((person: Person, told?: Told) => void)[] = [
  (person, told) => person.say('screen', { name: person.chance.one(['Home', 'Search', 'Cart']), properties: {} }, told),
  (person, told) => person.say('page', { name: 'Shop', properties: { path: '/shop', url: 'https://shop.example/shop' } }, told),
  (person, told) => person.track('Product Viewed', { ...person.product(), currency: 'EUR' }, told),
  (person, told) => person.track('Product Added', { cart_id: person.id, ...person.product() }, told),
  (person, told) => person.track('Application Opened', { from_background: true, version: '5.0.0' }, told),
  (person, told) => person.track('Wish Made', { wish: `w-${person.chance.below(9)}` }, told),
];
