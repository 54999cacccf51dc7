import { toIso, type Instant, type Random } from '@touchpoint/kernel';

export type Raw = Record<string, unknown>;
export const TYPES = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const;

/** Who events are of: some people do much, most are new. */
const personOf = (chance: Random, n: number): Raw => {
  const id = chance.below(4) === 0 ? chance.below(200) : n;
  switch (chance.below(6)) {
    case 0: return { anonymousId: `visit-${id}` };
    case 1: return { userId: `user-${id}`, anonymousId: `visit-${id}` };
    default: return { userId: `user-${id}` };
  }
};
const product = (chance: Random): Raw => ({ product_id: `p-${chance.below(200)}`, sku: `S-${chance.below(200)}`, name: 'Article', price: chance.below(9_999) / 100, quantity: 1 + chance.below(4) });

const TRACKS: readonly ((chance: Random, n: number) => readonly [string, Raw])[] = [
  (chance, n) => ['Order Completed', { order_id: `o-${n}`, currency: 'EUR', total: chance.below(9_999) / 100, products: Array.from({ length: 1 + chance.below(3) }, () => product(chance)) }],
  (chance, n) => ['Order Refunded', { order_id: `o-${chance.below(n + 1)}`, currency: 'EUR', total: 2.5 }],
  (chance) => ['Product Viewed', product(chance)],
  () => ['Application Opened', { version: '5.0', from_background: false }],
  (chance) => ['Consent Changed', { channel: chance.one(['email', 'push']), purpose: 'marketing', granted: chance.below(2) === 0, method: 'form' }],
  (chance) => ['Anything Else', { a: 1, b: ['x', chance.below(9)], c: { d: null } }],
];
const contextOf = (n: number): Raw => ({ app: { name: 'Shop', version: '5.1' }, os: { name: 'iOS', version: '18' }, device: { id: `device-${n}`, type: 'ios', token: `token-${n}` }, locale: 'de-CH' });

/** A member as a Segment SDK sends it: nothing is wrong with it. */
export const segmentEvent = (chance: Random, n: number, messageId: string, now: Instant, type: string = chance.one(TYPES)): Raw => {
  const base: Raw = { type, messageId, timestamp: toIso(now - chance.below(86_400_000)), ...personOf(chance, n), ...(chance.below(8) === 0 && { context: contextOf(n) }) };
  switch (type) {
    case 'identify': return { ...base, traits: { email: `p${n}@people.example`, firstName: 'First', plan: 'gold' } };
    case 'track': {
      const [event, properties] = chance.one(TRACKS)(chance, n);
      return { ...base, event, properties };
    }
    case 'group': return { ...base, groupId: `g-${chance.below(9)}`, traits: { name: 'Team' } };
    case 'alias': return { ...base, userId: `user-${n}`, previousId: `visit-${n}` };
    default: return { ...base, name: 'Home', properties: { path: '/shop', url: 'https://shop.example/shop' } };
  }
};

/** A CloudEvent in structured form. Its message id is `fuzz` and this id. */
export const cloudEvent = (chance: Random, n: number, id: string, now: Instant): Raw => ({
  specversion: '1.0', id, source: 'fuzz', type: chance.one(['com.touchpoint.StoreVisited', 'com.shop.Anything', 'Ping']), subject: chance.one([`user:user-${n}`, `device:device-${n}`, `email:p${n}@people.example`]),
  time: toIso(now - chance.below(86_400_000)), data: { store_id: `s-${chance.below(9)}` },
});
