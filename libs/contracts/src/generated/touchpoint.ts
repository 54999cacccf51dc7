// Generated from schemas/ by `npm run codegen`. Do not edit.
import type { Decimal, Message, Sealed, SourceKey } from '@touchpoint/kernel';
import type { JsonText } from '../json-text.ts';
import type { AppContext, Channel, MessageRef, PersonalTrait, Place, ProductLine } from './shapes.ts';

/** The app went to the background. */
export type ApplicationBackgrounded = Message<'ApplicationBackgrounded', {
  /** Whatever else the publisher sent and is not personal: a JSON object. */
  properties: JsonText | null;
  /** Whatever else the publisher sent and is personal: a JSON object, sealed. */
  personal: Sealed | null;
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** The app was opened for the first time after installation. */
export type ApplicationInstalled = Message<'ApplicationInstalled', {
  /** Whatever else the publisher sent and is not personal: a JSON object. */
  properties: JsonText | null;
  /** Whatever else the publisher sent and is personal: a JSON object, sealed. */
  personal: Sealed | null;
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** The app was started or came to the foreground. */
export type ApplicationOpened = Message<'ApplicationOpened', {
  /** It came from the background rather than being started. */
  fromBackground: boolean | null;
  /** The app that opened it. */
  referringApplication: string | null;
  /** The deep link that opened it, without query and fragment. */
  url: string | null;
  /** Whatever else the publisher sent and is not personal: a JSON object. */
  properties: JsonText | null;
  /** Whatever else the publisher sent and is personal: a JSON object, sealed. */
  personal: Sealed | null;
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** The customer went to the checkout. */
export type CheckoutStarted = Message<'CheckoutStarted', {
  /** The checkout. */
  checkoutId: string | null;
  /** The order that it may become. */
  orderId: string | null;
  /** ISO 4217, upper case. */
  currency: string;
  /** What is in the cart. */
  lines: readonly ProductLine[];
  /** The shop or marketplace. */
  affiliation: string | null;
  /** What would be paid in all: goods, shipping and tax, less discounts. null: the sum of the lines counts. */
  total: Decimal | null;
  /** What would be paid for the goods alone, without shipping and tax. */
  revenue: Decimal | null;
  /** What would be paid for shipping. */
  shipping: Decimal | null;
  /** What would be paid as tax. */
  tax: Decimal | null;
  /** Discount that is already taken off. */
  discount: Decimal | null;
  /** Coupon on the whole order. */
  coupon: string | null;
  /** Whatever else the publisher sent and is not personal: a JSON object. */
  properties: JsonText | null;
  /** Whatever else the publisher sent and is personal: a JSON object, sealed. */
  personal: Sealed | null;
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** The customer gave or withdrew consent for a channel and a purpose. */
export type ConsentChanged = Message<'ConsentChanged', {
  /** The channel. */
  channel: Channel;
  /** What for: marketing, transactional, recommendation, … */
  purpose: string;
  /** true: given. false: withdrawn. */
  granted: boolean;
  /** The one address or device that it holds for. null: all of the channel. */
  contactPoint: SourceKey | null;
  /** How it was given or withdrawn: form, double opt-in, unsubscribe link, import, … */
  method: string | null;
  /** Version or text of the wording that the customer saw. */
  wording: string | null;
  /** Whatever else the publisher sent and is not personal: a JSON object. */
  properties: JsonText | null;
}>;

/** A device can, or can again, be reached: installed, token renewed, permission given. */
export type DeviceRegistered = Message<'DeviceRegistered', {
  /** Source key of the device. */
  deviceKey: SourceKey;
  /** ios, android or web. */
  platform: string;
  /** Push token. */
  token: Sealed | null;
  /** Key of the push token. It is the id of the contact point. */
  tokenKey: SourceKey | null;
  /** The app's bundle or package id. */
  appId: string | null;
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** A device cannot be reached any more: signed out, permission withdrawn, token refused by the provider. */
export type DeviceRemoved = Message<'DeviceRemoved', {
  /** Source key of the device. */
  deviceKey: SourceKey;
  /** The one token that is void. null: all of the device. */
  tokenKey: SourceKey | null;
  /** Why: signed out, uninstalled, token refused, … */
  reason: string | null;
}>;

/** The customer belongs to a group: a company, an account, a household (group). */
export type GroupJoined = Message<'GroupJoined', {
  /** The group. */
  groupId: string;
  /** What is known about the group: a JSON object. */
  traits: JsonText | null;
  /** Whatever else the publisher sent and is personal: a JSON object, sealed. */
  personal: Sealed | null;
}>;

/** A link or deep link to the app or website was followed. */
export type LinkFollowed = Message<'LinkFollowed', {
  /** The link. */
  linkId: string | null;
  /** Where it leads, without query and fragment. */
  url: string | null;
  /** The message that it stood in. */
  message: MessageRef | null;
  /** Whatever else the publisher sent and is not personal: a JSON object. */
  properties: JsonText | null;
  /** Whatever else the publisher sent and is personal: a JSON object, sealed. */
  personal: Sealed | null;
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** The mail server, the operator or the push service refused a message after it was sent. */
export type MessageBounced = Message<'MessageBounced', {
  /** The message. */
  message: MessageRef;
  /** true: the address is void. false: it may work later. */
  permanent: boolean;
  /** Why, as a short code. */
  reason: string | null;
  /** The provider's words, with nothing personal left in them. */
  detail: string | null;
}>;

/** A link in a message was clicked, or a push was tapped. It implies that the message was opened. */
export type MessageClicked = Message<'MessageClicked', {
  /** The message. */
  message: MessageRef;
  /** The link. */
  linkId: string | null;
  /** Where the link leads, without query and fragment. */
  url: string | null;
  /** The button of the push that was tapped. */
  action: string | null;
  /** true: a machine (scanner) clicked it, not a person. null: not known. */
  automatic: boolean | null;
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** The customer marked a message as spam. */
export type MessageComplained = Message<'MessageComplained', {
  /** The message. */
  message: MessageRef;
  /** Kind of complaint, as the feedback loop names it. */
  reason: string | null;
}>;

/** A message reached the mail server, the handset or the device. */
export type MessageDelivered = Message<'MessageDelivered', {
  /** The message. */
  message: MessageRef;
}>;

/** A message was not sent: the provider refused it, or it could not be made. */
export type MessageFailed = Message<'MessageFailed', {
  /** The message. */
  message: MessageRef;
  /** true: no further attempt will be made for this reason. */
  permanent: boolean;
  /** The attempt that failed last, from 1. */
  attempt: number;
  /** Why, as a short code. */
  reason: string | null;
  /** The provider's words, with nothing personal left in them. */
  detail: string | null;
}>;

/** A command was not carried out: what was looked at again at the last moment spoke against it. */
export type MessageHeld = Message<'MessageHeld', {
  /** The message. */
  message: MessageRef;
  /** Why, as a short code: no consent, suppressed, expired, no contact point, … */
  reason: string;
}>;

/** A message was opened. Tapping a push is MessageClicked. */
export type MessageOpened = Message<'MessageOpened', {
  /** The message. */
  message: MessageRef;
  /** true: a machine (privacy proxy, scanner) opened it, not a person. null: not known. */
  automatic: boolean | null;
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** A provider accepted a message. */
export type MessageSent = Message<'MessageSent', {
  /** The message. */
  message: MessageRef;
  /** The attempt that it was accepted at, from 1. */
  attempt: number;
}>;

/** Whether the provider took a message is not known, and it is not sent again. A later outcome settles it. */
export type MessageUnknown = Message<'MessageUnknown', {
  /** The message. */
  message: MessageRef;
  /** The attempt whose outcome was lost, from 1. */
  attempt: number;
  /** Why, as a short code. */
  reason: string | null;
}>;

/** An entry of the accounts that is neither sale nor return, such as a bad debt written off. Amounts have their sign. */
export type OrderAdjusted = Message<'OrderAdjusted', {
  /** The order that it belongs to. */
  orderId: string | null;
  /** The adjustment's own number. */
  adjustmentId: string | null;
  /** ISO 4217, upper case. */
  currency: string;
  /** What it consists of. */
  lines: readonly ProductLine[];
  /** What it adds to, or (negative) takes off, the sales. null: the sum of the lines counts. */
  total: Decimal | null;
  /** Why. */
  reason: string | null;
  /** Whatever else the publisher sent and is not personal: a JSON object. */
  properties: JsonText | null;
  /** Whatever else the publisher sent and is personal: a JSON object, sealed. */
  personal: Sealed | null;
}>;

/** An order, or a part of it, was cancelled. Quantities and amounts are what is taken back: positive. */
export type OrderCancelled = Message<'OrderCancelled', {
  /** The order. null: the publisher does not say which. */
  orderId: string | null;
  /** The cancellation's own number. */
  cancellationId: string | null;
  /** ISO 4217, upper case. */
  currency: string;
  /** What was cancelled. Empty and no total: the whole order. */
  lines: readonly ProductLine[];
  /** Where it was cancelled. */
  place: Place;
  /** What is not to be paid, or is paid back, in all: goods, shipping and tax, less discounts. null: the sum of the lines counts. */
  total: Decimal | null;
  /** What is not to be paid, or is paid back, for the goods alone, without shipping and tax. */
  revenue: Decimal | null;
  /** What is not to be paid, or is paid back, for shipping. */
  shipping: Decimal | null;
  /** What is not to be paid, or is paid back, as tax. */
  tax: Decimal | null;
  /** Discount that is already taken off. */
  discount: Decimal | null;
  /** Why. */
  reason: string | null;
  /** Whatever else the publisher sent and is not personal: a JSON object. */
  properties: JsonText | null;
  /** Whatever else the publisher sent and is personal: a JSON object, sealed. */
  personal: Sealed | null;
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** An order was placed. */
export type OrderCompleted = Message<'OrderCompleted', {
  /** The order. */
  orderId: string;
  /** ISO 4217, upper case. */
  currency: string;
  /** What was ordered. */
  lines: readonly ProductLine[];
  /** Where it was placed. */
  place: Place;
  /** The shop, branch or marketplace. */
  affiliation: string | null;
  /** The checkout that it came from. */
  checkoutId: string | null;
  /** What is paid in all: goods, shipping and tax, less discounts. null: the sum of the lines counts. */
  total: Decimal | null;
  /** What is paid for the goods alone, without shipping and tax. */
  revenue: Decimal | null;
  /** What is paid for shipping. */
  shipping: Decimal | null;
  /** What is paid as tax. */
  tax: Decimal | null;
  /** Discount that is already taken off. */
  discount: Decimal | null;
  /** Coupon on the whole order. */
  coupon: string | null;
  /** Whatever else the publisher sent and is not personal: a JSON object. */
  properties: JsonText | null;
  /** Whatever else the publisher sent and is personal: a JSON object, sealed. */
  personal: Sealed | null;
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** An order was returned or paid back, whole or in part. Quantities and amounts are what is given back: positive. */
export type OrderRefunded = Message<'OrderRefunded', {
  /** The order. null: the publisher does not say which. */
  orderId: string | null;
  /** The refund's own number. */
  refundId: string | null;
  /** true: the whole order. false: the lines, or just the amount. */
  whole: boolean;
  /** ISO 4217, upper case. */
  currency: string;
  /** What came back. */
  lines: readonly ProductLine[];
  /** Where it was returned. */
  place: Place;
  /** What is paid back in all: goods, shipping and tax, less discounts. null: the sum of the lines counts. */
  total: Decimal | null;
  /** What is paid back for the goods alone, without shipping and tax. */
  revenue: Decimal | null;
  /** What is paid back for shipping. */
  shipping: Decimal | null;
  /** What is paid back as tax. */
  tax: Decimal | null;
  /** Discount that is already taken off. */
  discount: Decimal | null;
  /** Why. */
  reason: string | null;
  /** Whatever else the publisher sent and is not personal: a JSON object. */
  properties: JsonText | null;
  /** Whatever else the publisher sent and is personal: a JSON object, sealed. */
  personal: Sealed | null;
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** A page of the website was seen. Queries and fragments of URLs may be personal and are cut off. */
export type PageViewed = Message<'PageViewed', {
  /** The name of the page. */
  name: string | null;
  /** The category of the page. */
  category: string | null;
  /** URL, without query and fragment. */
  url: string | null;
  /** Path of the URL. */
  path: string | null;
  /** Title of the page. */
  title: string | null;
  /** URL of the page before, without query and fragment. */
  referrer: string | null;
  /** Whatever else the publisher sent and is not personal: a JSON object. */
  properties: JsonText | null;
  /** Whatever else the publisher sent and is personal: a JSON object, sealed. */
  personal: Sealed | null;
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** A product was put into the cart. */
export type ProductAdded = Message<'ProductAdded', {
  /** The product, and how many of it went into the cart. */
  product: ProductLine;
  /** The cart. */
  cartId: string | null;
  /** ISO 4217, upper case. */
  currency: string | null;
  /** Whatever else the publisher sent and is not personal: a JSON object. */
  properties: JsonText | null;
  /** Whatever else the publisher sent and is personal: a JSON object, sealed. */
  personal: Sealed | null;
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** A product was taken out of the cart. */
export type ProductRemoved = Message<'ProductRemoved', {
  /** The product, and how many of it went out of the cart. */
  product: ProductLine;
  /** The cart. */
  cartId: string | null;
  /** ISO 4217, upper case. */
  currency: string | null;
  /** Whatever else the publisher sent and is not personal: a JSON object. */
  properties: JsonText | null;
  /** Whatever else the publisher sent and is personal: a JSON object, sealed. */
  personal: Sealed | null;
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** A product was looked at. */
export type ProductViewed = Message<'ProductViewed', {
  /** The product. */
  product: ProductLine;
  /** ISO 4217, upper case. */
  currency: string | null;
  /** Whatever else the publisher sent and is not personal: a JSON object. */
  properties: JsonText | null;
  /** Whatever else the publisher sent and is personal: a JSON object, sealed. */
  personal: Sealed | null;
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** A screen of the app was seen. */
export type ScreenViewed = Message<'ScreenViewed', {
  /** The name of the screen. */
  name: string;
  /** The category of the screen. */
  category: string | null;
  /** Whatever else the publisher sent and is not personal: a JSON object. */
  properties: JsonText | null;
  /** Whatever else the publisher sent and is personal: a JSON object, sealed. */
  personal: Sealed | null;
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** The customer was in a store. */
export type StoreVisited = Message<'StoreVisited', {
  /** The store. */
  storeId: string;
  /** Its name. */
  storeName: string | null;
  /** How it is known: till, beacon, wifi, staff, … */
  method: string | null;
  /** How long the visit was. */
  seconds: number | null;
  /** Whatever else the publisher sent and is not personal: a JSON object. */
  properties: JsonText | null;
  /** Whatever else the publisher sent and is personal: a JSON object, sealed. */
  personal: Sealed | null;
}>;

/** Any event that has no message of its own (track). */
export type Tracked = Message<'Tracked', {
  /** The name of the event, as the publisher spells it. */
  name: string;
  /** Whatever else the publisher sent and is not personal: a JSON object. */
  properties: JsonText | null;
  /** Whatever else the publisher sent and is personal: a JSON object, sealed. */
  personal: Sealed | null;
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** Something became known about the customer (identify). Traits that are not named stay as they are. */
export type TraitsSet = Message<'TraitsSet', {
  /** E-mail address. */
  email: Sealed | null;
  /** Key of the e-mail address. It is the id of the contact point. */
  emailKey: SourceKey | null;
  /** Phone number, E.164. */
  phone: Sealed | null;
  /** Key of the phone number. It is the id of the contact point. */
  phoneKey: SourceKey | null;
  /** All other personal traits (names, birthday, address, …). */
  personal: readonly PersonalTrait[];
  /** Traits that are not personal: a JSON object. */
  traits: JsonText | null;
  /** Names of the traits, personal or not, that the publisher took back (set to null). */
  removed: readonly string[];
  /** The app or browser and the device. */
  context: AppContext | null;
}>;

/** The customer does not want such messages any more. */
export type Unsubscribed = Message<'Unsubscribed', {
  /** The channel. */
  channel: Channel;
  /** The purpose. null: everything but transactional messages. */
  purpose: string | null;
  /** The one address or device that it holds for. null: all of the channel. */
  contactPoint: SourceKey | null;
  /** The message that it was done from. */
  message: MessageRef | null;
  /** The list, for messages of other senders. */
  listId: string | null;
  /** How: link, one-click, reply, operator, … */
  method: string | null;
}>;

/** Every message of touchpoint. */
export type TouchpointMessage =
  | ApplicationBackgrounded
  | ApplicationInstalled
  | ApplicationOpened
  | CheckoutStarted
  | ConsentChanged
  | DeviceRegistered
  | DeviceRemoved
  | GroupJoined
  | LinkFollowed
  | MessageBounced
  | MessageClicked
  | MessageComplained
  | MessageDelivered
  | MessageFailed
  | MessageHeld
  | MessageOpened
  | MessageSent
  | MessageUnknown
  | OrderAdjusted
  | OrderCancelled
  | OrderCompleted
  | OrderRefunded
  | PageViewed
  | ProductAdded
  | ProductRemoved
  | ProductViewed
  | ScreenViewed
  | StoreVisited
  | Tracked
  | TraitsSet
  | Unsubscribed;
