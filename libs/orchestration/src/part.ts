import { consentGiven, joinedConsent, MARKETING, suppressed, type ConsentState } from '@touchpoint/consent';
import type { Touchpoint } from '@touchpoint/contracts';
import { pick, type Instant, type Table } from '@touchpoint/kernel';
import { contactRemoved, contactSaid, deviceSlot, joinedPoints, type ContactPoints } from './contact-points.ts';
import { counted, joinedMeasures, type MeasureName, type Measures } from './measures.ts';

/** What decisions rest on of one timeline: measures, consent, suppressions, contact points. A customer is one part, or more once merged. */
export type Part = ConsentState & Readonly<{ measures: Measures; contacts: ContactPoints }>;

export const EMPTY_PART: Part = { measures: {}, consents: {}, suppressions: {}, contacts: {} };
export const isEmptyPart = ({ measures, consents, suppressions, contacts }: Part): boolean => [measures, consents, suppressions, contacts].every((one) => Object.keys(one).length === 0);

const count = (part: Part, at: Instant, ...names: readonly MeasureName[]): Part => ({ ...part, measures: counted(part.measures, at, ...names) });
const contacts = (part: Part, points: ContactPoints): Part => (points === part.contacts ? part : { ...part, contacts: points });

/** What each touchpoint changes. Its keys are the touchpoints that decisions fold; any other changes nothing. */
const ON: Partial<Table<Touchpoint, [part: Part, at: Instant], Part>> = {
  OrderCompleted: (_, part, at) => count(part, at, 'orders.count', 'orders.firstAt', 'orders.lastAt'),
  OrderCancelled: (_, part, at) => count(part, at, 'orders.cancelled'),
  OrderRefunded: (_, part, at) => count(part, at, 'orders.refunded'),
  ApplicationOpened: (_, part, at) => count(part, at, 'app.opens', 'app.firstOpenedAt', 'app.lastOpenedAt'),
  MessageOpened: ({ data }, part, at) => (data.automatic === true ? part : count(part, at, 'messages.lastOpenedAt')),
  MessageClicked: ({ data }, part, at) => (data.automatic === true ? part : count(part, at, 'messages.lastOpenedAt')),
  ConsentChanged: ({ data }, part, at) => consentGiven(part, data, data.granted, at),
  Unsubscribed: ({ data }, part, at) => consentGiven(part, { channel: data.channel, purpose: data.purpose ?? MARKETING, contactPoint: data.contactPoint }, false, at),
  MessageBounced: ({ data: { message, permanent } }, part, at) => (permanent ? suppressed(part, message.channel, message.contactPoint, 'bounced', at) : part),
  MessageComplained: ({ data: { message } }, part, at) => suppressed(part, message.channel, message.contactPoint, 'complained', at),
  TraitsSet: ({ data }, part, at) => {
    let points = part.contacts;
    if (data.email && data.emailKey) points = contactSaid(points, 'email', 'email', data.emailKey, data.email, at);
    if (data.phone && data.phoneKey) points = contactSaid(points, 'sms', 'sms', data.phoneKey, data.phone, at);
    if (data.removed.includes('email')) points = contactRemoved(points, 'email', 'email', null, at);
    if (data.removed.includes('phone')) points = contactRemoved(points, 'sms', 'sms', null, at);
    return contacts(part, points);
  },
  DeviceRegistered: ({ data }, part, at) => contacts(part, contactSaid(part.contacts, deviceSlot(data.deviceKey), 'push', data.tokenKey, data.token, at, data.platform)),
  DeviceRemoved: ({ data }, part, at) => contacts(part, contactRemoved(part.contacts, deviceSlot(data.deviceKey), 'push', data.tokenKey, at)),
};

export const PART_TOUCHPOINTS: ReadonlySet<string> = new Set(Object.keys(ON));

/** Folds a touchpoint. Order does not matter: words are compared by when they were said. Returns the same object where nothing changes. */
export const foldPart = (part: Part, message: Touchpoint, at: Instant): Part => pick(ON, message.type)?.(message, part, at) ?? part;

/** Two timelines as one that can no longer be told apart. */
export const joinedPart = (a: Part, b: Part): Part => ({ ...joinedConsent(a, b), measures: joinedMeasures(a.measures, b.measures), contacts: joinedPoints(a.contacts, b.contacts) });
