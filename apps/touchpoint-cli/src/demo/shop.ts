import { random } from '@touchpoint/kernel';

/** A Segment message as the demo posts it. */
export type DemoEvent = Readonly<{ type: 'identify' | 'track' | 'screen'; messageId: string; timestamp: string } & Record<string, unknown>>;
export type DemoShop = Readonly<{ customers: readonly string[]; events: readonly DemoEvent[] }>;

const FIRST = ['Ada', 'Ben', 'Chiara', 'Dmitri', 'Elif', 'Farah', 'Goran', 'Hana', 'Ines', 'Jonas', 'Kofi', 'Lena', 'Mira', 'Noor', 'Oskar', 'Pia'];
const LAST = ['Abegg', 'Bianchi', 'Cohen', 'Demir', 'Egli', 'Fischer', 'Gomez', 'Huber', 'Ivanova', 'Jensen', 'Keller', 'Lopez'];
const PRODUCTS = [['mug', 'Enamel mug', '12.50'], ['lamp', 'Reading lamp', '59.00'], ['rug', 'Wool rug', '189.90'], ['board', 'Chopping board', '34.00'], ['towel', 'Linen towel', '18.75'], ['vase', 'Stoneware vase', '42.00']] as const;
const SCREENS = ['Home', 'Search', 'New in', 'Favourites', 'Account'];

/**
 * A day in a shop that does not exist: visitors become customers, look around in the app, fill carts, order, send back, open mails. The same seed and the
 * same end give the same events with the same ids, so playing it again adds nothing.
 */
export const demoShop = ({ seed, customers, until }: { seed: number; customers: number; until: number }): DemoShop => {
  const { next: chance, one: any } = random(seed);
  const events: DemoEvent[] = [];
  const ids: string[] = [];
  for (let n = 1; n <= customers; n += 1) {
    const userId = `demo-${seed}-${n}`;
    const anonymousId = `visitor-${seed}-${n}`;
    const deviceId = `phone-${seed}-${n}`;
    const [first, last] = [any(FIRST), any(LAST)];
    let at = until - Math.floor(chance() * 20 * 3_600_000) - 3_600_000;
    let count = 0;
    const say = (type: DemoEvent['type'], known: boolean, more: Record<string, unknown>) => {
      at += 5_000 + Math.floor(chance() * 90_000);
      events.push({ type, messageId: `demo/${seed}/${until}/${n}/${(count += 1)}`, timestamp: new Date(Math.min(at, until)).toISOString(), anonymousId, ...(known && { userId }), ...more });
    };
    const context = { device: { id: deviceId, type: chance() < 0.5 ? 'ios' : 'android' }, app: { name: 'Shop', version: any(['4.1.0', '4.2.0']) }, os: { name: 'iOS', version: '19' }, locale: 'en-GB', timezone: 'Europe/London' };
    const track = (event: string, properties: Record<string, unknown>, known = true) => say('track', known, { event, properties, context });
    ids.push(userId);

    track('Application Opened', { from_background: false }, false);
    say('screen', false, { name: 'Home', properties: {}, context });
    say('identify', true, { traits: { firstName: first, lastName: last, email: `${first}.${last}.${seed}.${n}@example.com`.toLowerCase(), plan: any(['free', 'plus']), country: any(['GB', 'DE', 'CH']) }, context });
    if (chance() < 0.8) track('Consent Changed', { channel: 'email', purpose: 'marketing', granted: chance() < 0.9, method: 'checkbox' });
    if (chance() < 0.7) track('Device Registered', { device_id: deviceId, platform: 'ios', token: `token-${seed}-${n}` });
    for (let looks = 1 + Math.floor(chance() * 4); looks > 0; looks -= 1) {
      const [product_id, name, price] = any(PRODUCTS);
      say('screen', true, { name: any(SCREENS), properties: {}, context });
      track('Product Viewed', { product_id, name, price, currency: 'EUR' });
      if (chance() < 0.5) track('Product Added', { product_id, name, price, quantity: 1, currency: 'EUR' });
    }
    if (chance() < 0.65) {
      const products = Array.from({ length: 1 + Math.floor(chance() * 3) }, () => {
        const [product_id, name, price] = any(PRODUCTS);
        return { product_id, name, price, quantity: 1 + Math.floor(chance() * 2) };
      });
      const total = (products.reduce((sum, { price, quantity }) => sum + Math.round(Number(price) * 100) * quantity, 0) / 100).toFixed(2);
      const order_id = `D${seed}-${n}`;
      track('Checkout Started', { order_id, currency: 'EUR', total, products });
      track('Order Completed', { order_id, currency: 'EUR', total, products, place: any(['app', 'web', 'store']) });
      if (chance() < 0.15) track('Order Refunded', { order_id, refund_id: `R${seed}-${n}`, currency: 'EUR', products: [products[0]] });
    }
    if (chance() < 0.25) track('Push Notification Tapped', { action: 'open', campaign: { name: 'spring', medium: 'push' } });
    if (chance() < 0.2) track('Store Visited', { store_id: any(['zurich', 'basel', 'berlin']) });
  }
  return { customers: ids, events: events.toSorted((a, b) => (a.timestamp < b.timestamp ? -1 : a.timestamp > b.timestamp ? 1 : a.messageId < b.messageId ? -1 : 1)) };
};

/** What people do with the messages they got: some open the mail, some of those follow its link, some tap the push. */
export const demoReactions = (seed: number, until: number, sent: readonly Readonly<{ commandId: string; customer: string; channel: string }>[]): readonly DemoEvent[] => {
  const { next: chance } = random(seed ^ 0x5eed);
  return sent.flatMap(({ commandId, customer, channel }) => {
    const reaction = (event: string, after: number): DemoEvent => ({
      type: 'track', messageId: `demo/${seed}/${until}/${event}/${commandId}`, timestamp: new Date(until + after).toISOString(), userId: customer, event, properties: { command_id: commandId },
    });
    const [reacts, follows] = [chance() < 0.6, chance() < 0.4];
    if (!reacts) return [];
    if (channel === 'push') return [reaction('Push Notification Tapped', 0)];
    return [reaction('Email Opened', 0), ...(follows ? [reaction('Email Link Clicked', 1)] : [])];
  });
};
