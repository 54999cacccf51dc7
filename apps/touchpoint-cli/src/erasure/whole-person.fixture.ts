import { randomUUID } from 'node:crypto';
import { catalog } from '@touchpoint/contracts';
import type { MetaIdentity } from '@touchpoint/contracts';

/** Every personal field that there is, as `Message.path`: what the schemas mark, the clear values of source ids among it. */
export const PERSONAL_FIELDS: readonly string[] = [
  ...Object.values(catalog).flatMap(({ name, pii }) => pii.map((path) => `${name}.${path}`)),
  'Meta.sources[].label' satisfies `Meta.${keyof MetaIdentity & string}${string}`,
];

type Event = Readonly<Record<string, unknown>>;
const line = { product_id: 'p-1', quantity: 1, price: 5 };
const order = { order_id: 'o-77', currency: 'EUR', total: 5, products: [line] };

/** How each message that may hold something personal is said in Segment's words. What is personal in it comes from `wholePerson`. */
const CALLS: Readonly<Record<string, Event>> = {
  ApplicationInstalled: { type: 'track', event: 'Application Installed' },
  ApplicationOpened: { type: 'track', event: 'Application Opened' },
  ApplicationBackgrounded: { type: 'track', event: 'Application Backgrounded' },
  CheckoutStarted: { type: 'track', event: 'Checkout Started', properties: order },
  GroupJoined: { type: 'group', groupId: 'g-1' },
  LinkFollowed: { type: 'track', event: 'Link Followed', properties: { url: 'https://shop.example/new' } },
  OrderAdjusted: { type: 'track', event: 'Order Adjusted', properties: order },
  OrderCancelled: { type: 'track', event: 'Order Cancelled', properties: order },
  OrderCompleted: { type: 'track', event: 'Order Completed', properties: order },
  OrderRefunded: { type: 'track', event: 'Order Refunded', properties: order },
  PageViewed: { type: 'page', name: 'Home' },
  ProductAdded: { type: 'track', event: 'Product Added', properties: line },
  ProductRemoved: { type: 'track', event: 'Product Removed', properties: line },
  ProductViewed: { type: 'track', event: 'Product Viewed', properties: line },
  ScreenViewed: { type: 'screen', name: 'Cart' },
  StoreVisited: { type: 'track', event: 'Store Visited', properties: { store_id: 's-1' } },
  Tracked: { type: 'track', event: 'Something Else' },
};

export type WholePerson = Readonly<{ userId: string; events: readonly Event[]; /** All clear values that are personal. */ values: readonly string[] }>;

let people = 0;
/** Somebody who says everything that is personal somewhere, each of it once: as a visitor, as a user, and as another user who turns out to be the same person. `tag` tells the values of one from those of another. */
export const wholePerson = (tag: string, deviceId = `device-${tag}`): WholePerson => {
  const values: string[] = [];
  const value = (text: string): string => {
    values.push(text);
    return text;
  };
  const userId = value(`kunde-${tag}-4711`);
  const formerId = value(`frueher-${tag}-0815`);
  const anonymousId = `visitor-${tag}`;
  const token = value(`push-token-${tag}-${'0123456789abcdef'.repeat(4)}`);
  const context = { app: { name: 'Shop', version: '4.2.0' }, device: { id: deviceId, type: 'ios', token }, os: { name: 'iOS', version: '19' } };
  const base = () => ({ messageId: randomUUID(), timestamp: new Date().toISOString() });
  const traits = {
    email: value(`Zoë.${tag}@Example.ORG`), phone: value(`+4179${String((people += 1)).padStart(7, '5')}`), firstName: value(`Zoë-${tag} "Änne" O'Brien\\`), birthday: value(`1987-03-1${tag.length % 9} ${tag}`),
    address: { street: value(`Rue ${tag} <7> & Söhne / 東京`), plan: 'none' }, plan: 'gold',
  };
  const personal = (name: string) => ({ email: value(`${name.toLowerCase()}.${tag}@example.org`), first_name: value(`Given ${name} ${tag} =?&%`) });
  const said = Object.entries(CALLS).map(([name, call]) => ({
    ...base(), userId, anonymousId, ...call, ...(call['type'] === 'group' ? { traits: personal(name) } : { properties: { ...(call['properties'] as object | undefined), ...personal(name) } }),
  }));
  return {
    userId, values,
    events: [
      { ...base(), type: 'track', event: 'Something Else', anonymousId, properties: personal('Visitor') },
      { ...base(), type: 'identify', userId, anonymousId, traits, context },
      { ...base(), type: 'track', event: 'Consent Changed', userId, properties: { channel: 'email', purpose: 'marketing', granted: true } },
      ...said,
      { ...base(), type: 'track', event: 'Something Else', userId: formerId, properties: personal('Former') },
      { ...base(), type: 'alias', userId, previousId: formerId },
    ],
  };
};
