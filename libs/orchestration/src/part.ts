import { consentGiven, joinedConsent, MARKETING, suppressed, type ConsentState } from '@touchpoint/consent';
import type { AppContext, JourneysPublished, Touchpoint } from '@touchpoint/contracts';
import { pick, type Instant, type Table } from '@touchpoint/kernel';
import { joinedSeries, tracked, type SeriesByKey } from '@touchpoint/measures';
import { contextSaid, joinedLatest, type KnownContext } from './app-context.ts';
import { contactRemoved, contactSaid, deviceSlot, joinedPoints, type ContactPoints } from './contact-points.ts';
import { counted, joinedMeasures, type MeasureName, type Measures } from './measures.ts';
import { keptOf, sinceOf, TRAIT, type Published } from './published.ts';
import { traitsSaid, type KnownTraits } from './traits.ts';

/** What decisions rest on of one timeline: measures, consent, suppressions, contact points, and what the published set asks for beyond. A customer is one part, or more once merged. */
export type Part = ConsentState & Readonly<{ measures: Measures; contacts: ContactPoints; context: KnownContext; traits: KnownTraits; series: SeriesByKey }>;

export const EMPTY_PART: Part = { measures: {}, consents: {}, suppressions: {}, contacts: {}, context: {}, traits: {}, series: {} };
export const isEmptyPart = ({ measures, consents, suppressions, contacts, context, traits, series }: Part): boolean => [measures, consents, suppressions, contacts, context, traits, series].every((one) => Object.keys(one).length === 0);

const count = (part: Part, at: Instant, ...names: readonly MeasureName[]): Part => ({ ...part, measures: counted(part.measures, at, ...names) });
const contacts = (part: Part, points: ContactPoints): Part => (points === part.contacts ? part : { ...part, contacts: points });

const said = (part: Part, context: AppContext | null, at: Instant): Part => {
  const known = contextSaid(part.context, context, at);
  return known === part.context ? part : { ...part, context: known };
};
const withTraits = (part: Part, traits: KnownTraits): Part => (traits === part.traits ? part : { ...part, traits });

/** What the published set asks for of touchpoints. */
export type Asked = Pick<Published, 'trackers' | 'traits'>;

/** What each touchpoint changes. Its keys are the touchpoints that decisions fold; any other changes nothing. */
const ON: Partial<Table<Touchpoint, [part: Part, at: Instant, asked: Asked], Part>> = {
  OrderCompleted: (_, part, at) => count(part, at, 'orders.count', 'orders.firstAt', 'orders.lastAt'),
  OrderCancelled: (_, part, at) => count(part, at, 'orders.cancelled'),
  OrderRefunded: (_, part, at) => count(part, at, 'orders.refunded'),
  ApplicationInstalled: ({ data }, part, at) => said(part, data.context, at),
  ApplicationOpened: ({ data }, part, at) => said(count(part, at, 'app.opens', 'app.firstOpenedAt', 'app.lastOpenedAt'), data.context, at),
  MessageOpened: ({ data }, part, at) => (data.automatic === true ? part : count(part, at, 'messages.lastOpenedAt')),
  MessageClicked: ({ data }, part, at) => (data.automatic === true ? part : count(part, at, 'messages.lastOpenedAt')),
  ConsentChanged: ({ data }, part, at) => consentGiven(part, data, data.granted, at),
  Unsubscribed: ({ data }, part, at) => consentGiven(part, { channel: data.channel, purpose: data.purpose ?? MARKETING, contactPoint: data.contactPoint }, false, at),
  MessageBounced: ({ data: { message, permanent } }, part, at) => (permanent ? suppressed(part, message.channel, message.contactPoint, 'bounced', at) : part),
  MessageComplained: ({ data: { message } }, part, at) => suppressed(part, message.channel, message.contactPoint, 'complained', at),
  TraitsSet: ({ data }, before, at, { traits }) => {
    const part = withTraits(said(before, data.context, at), traitsSaid(before.traits, data, traits, at));
    let points = part.contacts;
    if (data.email && data.emailKey) points = contactSaid(points, 'email', 'email', data.emailKey, data.email, at);
    if (data.phone && data.phoneKey) points = contactSaid(points, 'sms', 'sms', data.phoneKey, data.phone, at);
    if (data.removed.includes('email')) points = contactRemoved(points, 'email', 'email', null, at);
    if (data.removed.includes('phone')) points = contactRemoved(points, 'sms', 'sms', null, at);
    return contacts(part, points);
  },
  DeviceRegistered: ({ data }, part, at) => contacts(said(part, data.context, at), contactSaid(part.contacts, deviceSlot(data.deviceKey), 'push', data.tokenKey, data.token, at, data.platform)),
  DeviceRemoved: ({ data }, part, at) => contacts(part, contactRemoved(part.contacts, deviceSlot(data.deviceKey), 'push', data.tokenKey, at)),
};

export const PART_TOUCHPOINTS: ReadonlySet<string> = new Set(Object.keys(ON));

/** Folds a touchpoint. Order does not matter: words are compared by when they were said. Returns the same object where nothing changes. */
export const foldPart = (part: Part, message: Touchpoint, at: Instant, asked: Asked): Part => foldAsked(pick(ON, message.type)?.(message, part, at, asked) ?? part, message, at, asked);

const foldAsked = (part: Part, { type, data }: Touchpoint, at: Instant, { trackers }: Asked): Part => {
  const own = trackers.get(type);
  if (!own) return part;
  const series = tracked(part.series, own, data, at);
  return series === part.series ? part : { ...part, series };
};

/** Two timelines as one that can no longer be told apart. */
export const joinedPart = (a: Part, b: Part): Part => ({ ...joinedConsent(a, b), measures: joinedMeasures(a.measures, b.measures), contacts: joinedPoints(a.contacts, b.contacts), context: joinedLatest(a.context, b.context), traits: joinedLatest(a.traits, b.traits), series: joinedSeries(a.series, b.series) });

/** Without what nothing that is published asks for any more. Returns the same object where there is none of that. */
export const prunedPart = <P extends Part>(part: P, { keys, traits }: Pick<Published, 'keys' | 'traits'>): P => {
  const series = Object.keys(part.series).filter((key) => !keys.has(key));
  const paths = Object.keys(part.traits).filter((path) => !traits.includes(path));
  if (series.length + paths.length === 0) return part;
  return { ...part, series: omit(part.series, series), traits: omit(part.traits, paths) };
};
const omit = <T>(record: Readonly<Record<string, T>>, names: readonly string[]): Readonly<Record<string, T>> => Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));

/** What is asked of a touchpoint that was handed on under an older set: what is kept since a later one, its own timeline's history has of it. */
export const askedUnder = (published: Published, type: string, setNumber: number): Asked =>
  setNumber >= published.setNumber ? published : { traits: published.traits, trackers: new Map([[type, (published.trackers.get(type) ?? []).filter(({ key }) => sinceOf(key) <= setNumber)]]) };

/** What is kept since one set, and no other, of what a set's record asks for. */
export const askedSince = ({ measures }: Pick<JourneysPublished['data'], 'measures'>, { trackers }: Published, setNumber: number): Asked => {
  const its = [...trackers].map(([event, some]) => [event, some.filter(({ key }) => sinceOf(key) === setNumber)] as const).filter(([, some]) => some.length > 0);
  return { trackers: new Map(its), traits: Object.entries(keptOf(measures)).flatMap(([name, since]) => (name.startsWith(TRAIT) && since === setNumber ? [name.slice(TRAIT.length)] : [])) };
};

/** What is folded from history for measures and traits that are new. JSON. */
export type Filled = Pick<Part, 'series' | 'traits'>;
export const NOTHING_FILLED: Filled = { series: {}, traits: {} };
/** A part with its share of history. Returns the same object where there is none. */
export const filledPart = <P extends Part>(part: P, { series, traits }: Filled): P => {
  const none = Object.keys(series).length + Object.keys(traits).length === 0;
  return none ? part : { ...part, series: joinedSeries(part.series, series), traits: joinedLatest(part.traits, traits) };
};
