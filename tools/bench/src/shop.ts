import { random, type Random } from '@touchpoint/kernel';

/** A message as a Segment SDK sends it, all but its time and id. */
export type ShopEvent = Readonly<Record<string, unknown>> & Readonly<{ type: string; userId?: string; anonymousId?: string }>;

type Customer = Readonly<{ n: number; on: 'app' | 'web'; known: boolean }>;
type Said = Readonly<{ call: 'track' | 'screen' | 'page' | 'identify'; name?: string; says: Readonly<Record<string, unknown>>; /** Told by a sender of messages, not by the app or the site. */ byServer?: true }>;

const CATEGORIES = ['Shoes', 'Jackets', 'Home', 'Books', 'Kitchen', 'Garden', 'Toys', 'Sport'];
const SCREENS = ['Home', 'Category', 'Product', 'Search', 'Cart', 'Account', 'Orders', 'Favourites'];
const MODELS = [['Apple', 'iPhone15,3', 'ios', 'iOS', '18.2'], ['Apple', 'iPhone14,5', 'ios', 'iOS', '17.6'], ['Samsung', 'SM-S921B', 'android', 'Android', '15'], ['Google', 'Pixel 8', 'android', 'Android', '15']] as const;
const CITIES = [['de-DE', 'Europe/Berlin'], ['fr-FR', 'Europe/Paris'], ['en-GB', 'Europe/London'], ['it-IT', 'Europe/Rome']] as const;

/** Hexadecimal text of a customer's own, as long as asked. */
const ownHex = (n: number, salt: number, length: number): string => {
  const own = random(n * 31 + salt);
  return Array.from({ length: Math.ceil(length / 8) }, () => own.below(2 ** 32).toString(16).padStart(8, '0')).join('').slice(0, length);
};
const ownUuid = (n: number, salt: number): string => ownHex(n, salt, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** Seven of ten use the app; one of six never said who they are. */
const customerOf = (n: number): Customer => ({ n, on: n % 10 < 7 ? 'app' : 'web', known: n % 6 !== 5 });

const product = (chance: Random) => {
  const n = chance.below(5_000);
  return { product_id: `p-${n}`, sku: `SKU-${100_000 + n}`, category: CATEGORIES[n % CATEGORIES.length], name: `${CATEGORIES[n % CATEGORIES.length]} article ${n}`, brand: `Brand ${n % 40}`, price: 5 + (n % 200) + 0.95, quantity: 1 + chance.below(2), currency: 'EUR' };
};
const cart = (chance: Random) => Array.from({ length: 1 + chance.below(3) }, () => product(chance));
const worth = (lines: readonly { price: number; quantity: number }[]): number => Math.round(lines.reduce((sum, { price, quantity }) => sum + price * quantity, 0) * 100) / 100;
const letter = (chance: Random, { n }: Customer) => ({ email_id: `m-${n}-${chance.below(1_000)}`, campaign_id: `c-${chance.below(20)}`, email_subject: 'New in our shop this week', context: { device: 'mobile' } });

const order = (chance: Random, customer: Customer, number: string) => {
  const products = cart(chance);
  const revenue = worth(products);
  return { order_id: number, checkout_id: `ch-${number}`, affiliation: customer.on === 'app' ? 'App' : 'Web shop', total: Math.round((revenue + 4.9) * 100) / 100, revenue, shipping: 4.9, currency: 'EUR', products };
};

type Making = (chance: Random, customer: Customer, number: number) => Said;
const track = (name: string, says: (chance: Random, customer: Customer, number: number) => Readonly<Record<string, unknown>>, byServer?: true): Making =>
  (chance, customer, number) => ({ call: 'track', name, says: says(chance, customer, number), ...(byServer && { byServer }) });

/** What happens in a shop, with how many of a hundred events it makes up. */
const MIX: readonly (readonly [percent: number, Making])[] = [
  [24, (chance, { on }) => (on === 'app' ? { call: 'screen', name: chance.one(SCREENS), says: { from: chance.one(SCREENS) } } : { call: 'page', name: chance.one(SCREENS), says: { path: `/${chance.one(CATEGORIES).toLowerCase()}`, url: `https://shop.example/${chance.one(CATEGORIES).toLowerCase()}`, title: 'Shop' } })],
  [23, track('Product Viewed', (chance) => product(chance))],
  [15, track('Application Opened', (chance) => ({ from_background: chance.below(2) === 0, version: '5.2.1', build: '5210' }))],
  [5, track('Application Backgrounded', () => ({}))],
  [9, track('Product Added', (chance, { n }) => ({ cart_id: `cart-${n}`, ...product(chance) }))],
  [2, track('Product Removed', (chance, { n }) => ({ cart_id: `cart-${n}`, ...product(chance) }))],
  [3, track('Checkout Started', (chance, { n }, number) => ({ checkout_id: `ch-${n}-${number}`, currency: 'EUR', products: cart(chance) }))],
  [4, track('Order Completed', (chance, customer, number) => order(chance, customer, `o-${number}`))],
  [8, track('Email Opened', letter, true)],
  [2, track('Email Link Clicked', (chance, customer) => ({ ...letter(chance, customer), link_url: 'https://shop.example/new' }), true)],
  [2, track('Push Notification Tapped', (chance) => ({ campaign: { name: `c-${chance.below(20)}`, medium: 'push' }, action: 'open' }))],
  [3, (_, { n }) => ({ call: 'identify', says: { email: `customer-${n}@shop.example`, firstName: `First${n % 977}`, lastName: `Last${n % 1_489}`, plan: n % 9 === 0 ? 'gold' : 'basic', language: CITIES[n % 4]![0] } })],
];
const BY_PERCENT: readonly Making[] = MIX.flatMap(([percent, making]) => Array.from({ length: percent }, () => making));

const appContext = ({ n }: Customer, carriesToken: boolean) => {
  const [manufacturer, model, type, os, version] = MODELS[n % MODELS.length]!;
  const [locale, timezone] = CITIES[n % CITIES.length]!;
  return {
    app: { name: 'Shop', version: `5.${n % 3}.1`, build: `5${n % 3}10`, namespace: 'example.shop' },
    device: { id: ownUuid(n, 2), manufacturer, model, type, ...(carriesToken && n % 5 < 3 && { token: ownHex(n, 3, 64) }) },
    os: { name: os, version }, screen: { width: 393, height: 852, density: 3 }, network: { wifi: n % 2 === 0, cellular: n % 2 === 1, carrier: 'Carrier' },
    library: { name: 'analytics-kotlin', version: '1.16.3' }, locale, timezone,
  };
};
const webContext = ({ n }: Customer) => ({
  page: { path: '/', url: 'https://shop.example/', title: 'Shop', referrer: '' }, locale: CITIES[n % CITIES.length]![0], timezone: CITIES[n % CITIES.length]![1],
  userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36', library: { name: 'analytics.js', version: '2.1.0' },
});

/** What a shop with so many customers sends, event by event, customers interleaved uniformly. The same seed gives the same events, without end. */
export const shopEvents = function* ({ seed, customers }: Readonly<{ seed: number; customers: number }>): Generator<ShopEvent> {
  const chance = random(seed);
  for (let number = 0; ; number += 1) {
    const one = customerOf(chance.below(customers));
    // Only who said who they are is identified or gets mail.
    let said = chance.one(BY_PERCENT)(chance, one, number);
    while (!one.known && (said.byServer === true || said.call === 'identify')) said = chance.one(BY_PERCENT)(chance, one, number);
    const { call, name, says, byServer } = said;
    const context = byServer ? { library: { name: 'analytics-node', version: '2.2.0' } } : one.on === 'app' ? appContext(one, call === 'identify') : webContext(one);
    yield {
      type: call, ...(name !== undefined && (call === 'track' ? { event: name } : { name })),
      ...(one.known && { userId: `customer-${one.n}` }), ...(!byServer && { anonymousId: ownUuid(one.n, 1) }),
      ...(call === 'identify' ? { traits: says } : { properties: says }), context,
    };
  }
};

/** An order of one customer, as its app sends it. */
export const orderOf = (userId: string, number: string, seed: number): ShopEvent => {
  const one: Customer = { n: seed, on: 'app', known: true };
  return { type: 'track', event: 'Order Completed', userId, properties: order(random(seed), one, number), context: appContext(one, false) };
};
