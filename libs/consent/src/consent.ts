import type { Instant } from '@touchpoint/kernel';

/** The last word on a channel and a purpose. */
export type Consent = Readonly<{ granted: boolean; at: Instant }>;
/** `marketing` sells, `transactional` is what the customer needs to know about a dealing of their own. */
export type MessageClass = 'transactional' | 'marketing';
export type SuppressionReason = 'bounced' | 'complained';
export type Suppression = Readonly<{ reason: SuppressionReason; at: Instant }>;

/**
 * What is known of the consent of one timeline. Plain JSON; bounded (MAX_CONSENTS, MAX_SUPPRESSIONS).
 * `consents` by `consentKey`; `suppressions` by contact point. `joinedAt` (merged customers): when this timeline became a part.
 */
export type ConsentState = Readonly<{
  consents: Readonly<Record<string, Consent>>;
  suppressions: Readonly<Record<string, Suppression>>;
  joinedAt?: Instant;
}>;

export const NO_CONSENT: ConsentState = { consents: {}, suppressions: {} };

/** The purpose that stands for all of marketing: withdrawn, it withdraws every other but `transactional`. */
export const MARKETING = 'marketing';
export const TRANSACTIONAL = 'transactional';

/** Which consent: for a channel, a purpose, and one address or device (empty: all of the channel). */
export const consentKey = (channel: string, purpose: string, contactPoint: string | null): string => `${channel}|${purpose}|${contactPoint ?? ''}`;

/**
 * What holds where the customer never said anything. Marketing is sent on no channel without an explicit opt-in: not by e-mail or SMS (the law of most
 * countries), and not by push either: that a device may show notifications says nothing about advertising. Transactional messages need no opt-in.
 */
export const WITHOUT_A_WORD: Readonly<Record<MessageClass, boolean>> = { transactional: true, marketing: false };
