import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NO_CONSENT, type ConsentState } from './consent.ts';
import { consentGiven, joinedConsent, MAX_CONSENTS, MAX_SUPPRESSIONS, suppressed } from './consent-fold.ts';
import { mayContact, type Contact } from './contact.policy.ts';

type Word = Readonly<{ channel: string; purpose: string; contactPoint: string | null; granted: boolean; at: number }>;
/** Opt-ins for a whole channel come before every opt-out: a later one takes back also what was widened. */
const scope = fc.record({ channel: fc.constantFrom('email', 'sms'), purpose: fc.constantFrom('marketing', 'transactional', 'reviews'), contactPoint: fc.option(fc.nat(150).map(String), { freq: 30 }) });
const words = (grants: number, length: number) =>
  fc.array(fc.tuple(scope, fc.nat(99), fc.nat(999)).map(([of, dice, at]): Word => ({ ...of, granted: dice < grants, at: dice < grants && of.contactPoint === null ? at % 100 : 100 + at })), { minLength: length, maxLength: length });
const fold = (given: readonly Word[]): ConsentState => given.reduce((state, { granted, at, ...of }) => consentGiven(state, of, granted, at), NO_CONSENT);
/** The same fold without a bound: each key's words folded alone. */
const unbounded = (given: readonly Word[]): ConsentState => {
  const byKey = new Map<string, Word[]>();
  for (const word of given) byKey.set(JSON.stringify([word.channel, word.purpose, word.contactPoint]), [...(byKey.get(JSON.stringify([word.channel, word.purpose, word.contactPoint])) ?? []), word]);
  return { ...NO_CONSENT, consents: Object.assign({}, ...[...byKey.values()].map((own) => fold(own).consents)) as ConsentState['consents'] };
};
/** Every contact that the words are about. */
const asked = (given: readonly Word[]): readonly Contact[] =>
  given.flatMap(({ channel, contactPoint }) => [{ channel, contactPoint, messageClass: 'transactional', purpose: 'transactional' }, { channel, contactPoint, messageClass: 'marketing', purpose: 'marketing' }, { channel, contactPoint, messageClass: 'marketing', purpose: 'reviews' }] as const);
const allowed = (parts: readonly ConsentState[], given: readonly Word[]) => new Set(asked(given).filter((contact) => mayContact(parts, contact).allowed).map((contact) => JSON.stringify(contact)));

describe('consent, folded', () => {
  it('changes nothing when a word is repeated or older', () => {
    const of = { channel: 'email', purpose: 'marketing', contactPoint: null };
    const state = consentGiven(NO_CONSENT, of, true, 5);
    expect(consentGiven(state, of, true, 5)).toBe(state);
    expect(consentGiven(state, of, false, 4)).toBe(state);
  });

  it.each([0, 10, 50])('stays bounded, and beyond the bound allows nothing that the whole would not (%i of 100 words are a yes)', (grants) =>
    fc.assert(fc.property(words(grants, 250), (given) => {
      const state = fold(given);
      expect(Object.keys(state.consents).length).toBeLessThanOrEqual(MAX_CONSENTS);
      const whole = allowed([unbounded(given)], given);
      expect([...allowed([state], given)].filter((contact) => !whole.has(contact))).toEqual([]);
    }), { numRuns: 8, endOnFailure: true }));

  it('keeps the first suppression of an address and drops the oldest beyond the bound', () => {
    let state: ConsentState = NO_CONSENT;
    for (let i = 0; i <= MAX_SUPPRESSIONS; i++) state = suppressed(state, 'email', `p${i}`, 'bounced', i);
    expect(Object.keys(state.suppressions)).toHaveLength(MAX_SUPPRESSIONS);
    expect(state.suppressions.p0).toBeUndefined();
    expect(suppressed(state, 'email', 'p9', 'bounced', 99)).toBe(state);
  });
});

describe('two timelines joined for good', () => {
  it('allow nothing that the two side by side would not', () =>
    fc.assert(fc.property(words(40, 30), words(40, 30), fc.nat(1000), (a, b, joinedAt) => {
      const parts = [fold(a), { ...fold(b), joinedAt }] as const;
      const sideBySide = allowed(parts, [...a, ...b]);
      expect([...allowed([joinedConsent(...parts)], [...a, ...b])].filter((contact) => !sideBySide.has(contact))).toEqual([]);
    }), { numRuns: 40, endOnFailure: true }));
});
