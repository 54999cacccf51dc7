import type { Instant } from '@touchpoint/kernel';
import { consentKey, MARKETING, TRANSACTIONAL, WITHOUT_A_WORD, type Consent, type ConsentState, type MessageClass, type Suppression } from './consent.ts';
import { stronger } from './consent-fold.ts';

/** The message that is to go out. `contactPoint` null: the question is about the channel as a whole. */
export type Contact = Readonly<{ channel: string; messageClass: MessageClass; purpose: string; contactPoint: string | null }>;

/** Why a message may not go out. */
export type HoldReason = 'no consent' | 'withdrawn' | 'suppressed';
/** The answer and what it rests on; `since` is when the word that decides was given (null: nothing was ever said). */
export type Permission =
  | Readonly<{ allowed: true; because: 'granted' | 'needs no consent'; since: Instant | null }>
  | Readonly<{ allowed: false; reason: HoldReason; since: Instant | null }>;

/**
 * May a customer be contacted? `parts` are the timelines that the customer consists of, one unless merged.
 * Suppression wins over everything. Transactional messages go unless the customer explicitly withdrew them. Marketing needs a yes for its purpose
 * or for marketing as a whole; a no to the purpose, to the address or to all of marketing stays until a later yes that is at least as specific.
 */
export const mayContact = (parts: readonly ConsentState[], { channel, messageClass, purpose, contactPoint }: Contact): Permission => {
  const suppression = contactPoint === null ? undefined : suppressionOf(parts, contactPoint);
  if (suppression) return { allowed: false, reason: 'suppressed', since: suppression.at };
  const word = messageClass === 'transactional' ? wordOn(parts, channel, TRANSACTIONAL, contactPoint) : narrowed(wordOn(parts, channel, MARKETING, contactPoint), purpose === MARKETING ? undefined : wordOn(parts, channel, purpose, contactPoint));
  if (!word) return WITHOUT_A_WORD[messageClass] ? { allowed: true, because: 'needs no consent', since: null } : { allowed: false, reason: 'no consent', since: null };
  return word.granted ? { allowed: true, because: 'granted', since: word.at } : { allowed: false, reason: 'withdrawn', since: word.at };
};

/** What the customer said about a channel and a purpose: the answer that conditions look at. */
export const consentAnswer = (parts: readonly ConsentState[], channel: string, purpose: string): 'granted' | 'withdrawn' | 'unknown' => {
  const permission = mayContact(parts, { channel, messageClass: purpose === TRANSACTIONAL ? 'transactional' : 'marketing', purpose, contactPoint: null });
  if (permission.since === null) return 'unknown';
  return permission.allowed ? 'granted' : 'withdrawn';
};

export const suppressionOf = (parts: readonly ConsentState[], contactPoint: string): Suppression | undefined =>
  parts.map((part) => part.suppressions[contactPoint]).find((found) => found !== undefined);

/** The word on one purpose: of the channel, narrowed by what was said about the one address. */
const wordOn = (parts: readonly ConsentState[], channel: string, purpose: string, contactPoint: string | null): Consent | undefined =>
  narrowed(lastWord(parts, consentKey(channel, purpose, null)), contactPoint === null ? undefined : lastWord(parts, consentKey(channel, purpose, contactPoint)));

/** The general word and the specific one: a specific no stays; a general no stays unless the specific yes came later. */
const narrowed = (general: Consent | undefined, specific: Consent | undefined): Consent | undefined => {
  if (!general || !specific) return specific ?? general;
  if (!specific.granted || general.granted) return specific;
  return specific.at > general.at ? specific : general;
};

/** One key's word over all timelines. Pairs are compared, so the order in which timelines were joined does not matter. */
const lastWord = (parts: readonly ConsentState[], key: string): Consent | undefined => {
  if (parts.length === 1) return parts[0]!.consents[key];
  const words = parts.flatMap((part) => (part.consents[key] ? [{ word: part.consents[key], joinedAt: part.joinedAt ?? 0 }] : []));
  const nos = words.filter(({ word }) => !word.granted);
  const yes = words.filter((one) => one.word.granted && nos.every((no) => stronger(one.word, no.word, Math.max(one.joinedAt, no.joinedAt)) === one.word));
  const left = yes.length ? yes : nos;
  return left.reduce<Consent | undefined>((latest, { word }) => (!latest || word.at > latest.at ? word : latest), undefined);
};
