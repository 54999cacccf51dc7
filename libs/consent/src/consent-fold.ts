import type { Instant } from '@touchpoint/kernel';
import { consentKey, MARKETING, TRANSACTIONAL, type Consent, type ConsentState, type SuppressionReason } from './consent.ts';

export const MAX_CONSENTS = 128;
export const MAX_SUPPRESSIONS = 64;
/** No journey can name a longer purpose, so nothing is lost where one is left out. */
export const MAX_PURPOSE = 64;

/** Which consent a touchpoint is about. */
export type ConsentScope = Readonly<{ channel: string; purpose: string; contactPoint: string | null }>;

/** Consent given or withdrawn. The newest word counts, whatever order words arrive in; of two at one instant, no. Returns the same object where nothing changes. */
export const consentGiven = <S extends ConsentState>(state: S, { channel, purpose, contactPoint }: ConsentScope, granted: boolean, at: Instant): S => {
  if (purpose.length > MAX_PURPOSE) return state;
  const key = consentKey(channel, purpose, contactPoint);
  const before = state.consents[key];
  if (before && !newer({ granted, at }, before)) return state;
  return { ...state, consents: boundedConsents({ ...state.consents, [key]: { granted, at } }) };
};

const newer = (one: Consent, other: Consent): boolean => one.at > other.at || (one.at === other.at && !one.granted && other.granted);

/**
 * A hard bounce voids the address for every message. A complaint does too, and withdraws marketing on the whole channel: whoever reports one
 * message as spam is not to get the next at another address.
 */
export const suppressed = <S extends ConsentState>(state: S, channel: string, contactPoint: string | null, reason: SuppressionReason, at: Instant): S => {
  const withdrawn = reason === 'complained' ? consentGiven(state, { channel, purpose: MARKETING, contactPoint: null }, false, at) : state;
  if (contactPoint === null) return withdrawn;
  const before = withdrawn.suppressions[contactPoint];
  if (before && (before.at < at || (before.at === at && before.reason <= reason))) return withdrawn;
  return { ...withdrawn, suppressions: oldestOut({ ...withdrawn.suppressions, [contactPoint]: { reason, at } }, MAX_SUPPRESSIONS) };
};

/**
 * Beyond the bound less is sent, never more: the oldest opt-in goes first; without one, the oldest narrow opt-out becomes one
 * for its whole channel, which only a later opt-in for the whole channel takes back.
 */
const boundedConsents = (consents: Readonly<Record<string, Consent>>): Readonly<Record<string, Consent>> => {
  const keys = Object.keys(consents);
  if (keys.length <= MAX_CONSENTS) return consents;
  const grants = keys.filter((key) => consents[key]!.granted);
  const out = oldest(grants.length ? grants : keys.filter((key) => key !== widened(key)), consents);
  const { [out]: gone, ...kept } = consents;
  if (gone!.granted) return boundedConsents(kept);
  const before = kept[widened(out)];
  return boundedConsents({ ...kept, [widened(out)]: before && !newer(gone!, before) ? before : gone! });
};

/** The key of the widest consent that covers this one. */
const widened = (key: string): string => {
  const [channel, purpose] = key.split('|');
  return consentKey(channel!, purpose === TRANSACTIONAL ? TRANSACTIONAL : MARKETING, null);
};

const oldestOut = <T extends { at: Instant }>(entries: Readonly<Record<string, T>>, most: number): Readonly<Record<string, T>> => {
  const keys = Object.keys(entries);
  if (keys.length <= most) return entries;
  const { [oldest(keys, entries)]: _gone, ...kept } = entries;
  return oldestOut(kept, most);
};

const oldest = (keys: readonly string[], entries: Readonly<Record<string, { at: Instant }>>): string =>
  keys.reduce((a, b) => (entries[b]!.at < entries[a]!.at || (entries[b]!.at === entries[a]!.at && b < a) ? b : a));

/** Two timelines' consent as one that can no longer be told apart. A no of either side stays unless the yes is newer than both and than the joining. */
export const joinedConsent = (a: ConsentState, b: ConsentState): ConsentState => {
  const joinedAt = Math.max(a.joinedAt ?? 0, b.joinedAt ?? 0);
  const consents: Record<string, Consent> = { ...a.consents };
  for (const [key, entry] of Object.entries(b.consents)) {
    const other = consents[key];
    consents[key] = !other ? entry : stronger(entry, other, joinedAt);
  }
  const suppressions = { ...a.suppressions };
  for (const [point, entry] of Object.entries(b.suppressions)) {
    const other = suppressions[point];
    if (!other || entry.at < other.at) suppressions[point] = entry;
  }
  return { consents: boundedConsents(consents), suppressions: oldestOut(suppressions, MAX_SUPPRESSIONS), ...(joinedAt ? { joinedAt } : {}) };
};

/** Of the last words of two timelines: a yes beats a no only if it was said later, and after both were known to be one person. */
export const stronger = (a: Consent, b: Consent, joinedAt: Instant): Consent => {
  if (a.granted === b.granted) return a.at >= b.at ? a : b;
  const [yes, no] = a.granted ? [a, b] : [b, a];
  return yes.at > no.at && yes.at > joinedAt ? yes : no;
};
