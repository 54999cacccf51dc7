import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NO_CONSENT, type ConsentState } from './consent.ts';
import { consentGiven, suppressed } from './consent-fold.ts';
import { consentAnswer, mayContact, type Contact } from './contact.policy.ts';

const marketing: Contact = { channel: 'email', messageClass: 'marketing', purpose: 'marketing', contactPoint: 'a' };
const transactional: Contact = { ...marketing, messageClass: 'transactional', purpose: 'transactional' };
type Word = readonly [granted: boolean, at: number, purpose?: string, contactPoint?: string | null];
const said = (...words: readonly Word[]): ConsentState =>
  words.reduce((state, [granted, at, purpose = 'marketing', contactPoint = null]) => consentGiven(state, { channel: 'email', purpose, contactPoint }, granted, at), NO_CONSENT);

describe('when nothing was ever said', () => {
  it('sends transactional messages and no marketing, on any channel', () => {
    for (const channel of ['email', 'sms', 'push']) {
      expect(mayContact([NO_CONSENT], { ...transactional, channel })).toEqual({ allowed: true, because: 'needs no consent', since: null });
      expect(mayContact([NO_CONSENT], { ...marketing, channel })).toEqual({ allowed: false, reason: 'no consent', since: null });
    }
    expect(consentAnswer([NO_CONSENT], 'email', 'marketing')).toBe('unknown');
  });
});

describe('when consent was given or withdrawn', () => {
  it.each<[string, ConsentState, Contact, boolean]>([
    ['a yes to marketing', said([true, 1]), marketing, true],
    ['a yes to marketing covers a purpose', said([true, 1]), { ...marketing, purpose: 'reviews' }, true],
    ['a yes to one purpose does not cover the rest', said([true, 1, 'reviews']), marketing, false],
    ['a no to one purpose stays after a yes to marketing', said([false, 1, 'reviews'], [true, 2]), { ...marketing, purpose: 'reviews' }, false],
    ['a no to marketing covers every purpose', said([true, 1, 'reviews'], [false, 2]), { ...marketing, purpose: 'reviews' }, false],
    ['a later yes to one purpose opens that one', said([false, 2], [true, 3, 'reviews']), { ...marketing, purpose: 'reviews' }, true],
    ['a no for the address', said([true, 1], [false, 2, 'marketing', 'a']), marketing, false],
    ['a no for another address', said([true, 1], [false, 2, 'marketing', 'b']), marketing, true],
    ['a yes for the address only', said([true, 1, 'marketing', 'a']), { ...marketing, contactPoint: 'b' }, false],
    ['a no to marketing does not stop transactional messages', said([false, 1]), transactional, true],
    ['a no to transactional messages does', said([false, 1, 'transactional']), transactional, false],
    ['a no is not overtaken by an older yes that comes late', said([false, 5], [true, 4]), marketing, false],
    ['at one instant the no counts', said([false, 5], [true, 5]), marketing, false],
  ])('%s', (_, state, contact, allowed) => expect(mayContact([state], contact).allowed).toBe(allowed));

  it('does not depend on the order in which words arrive', () =>
    fc.assert(fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(5), fc.constantFrom('marketing', 'reviews'), fc.constantFrom(null, 'a')), { maxLength: 6 }), (words) =>
      expect(mayContact([said(...words.toReversed())], marketing)).toEqual(mayContact([said(...words)], marketing)))));
});

describe('when an address is suppressed', () => {
  const yes = said([true, 1], [true, 1, 'transactional']);
  it('sends nothing to it after a hard bounce, and still to another', () => {
    const bounced = suppressed(yes, 'email', 'a', 'bounced', 2);
    expect(mayContact([bounced], transactional)).toEqual({ allowed: false, reason: 'suppressed', since: 2 });
    expect(mayContact([bounced], { ...marketing, contactPoint: 'b' }).allowed).toBe(true);
  });
  it('withdraws marketing on the channel after a complaint', () => {
    const complained = suppressed(yes, 'email', 'a', 'complained', 2);
    expect(mayContact([complained], transactional).allowed).toBe(false);
    expect(mayContact([complained], { ...marketing, contactPoint: 'b' })).toEqual({ allowed: false, reason: 'withdrawn', since: 2 });
    expect(mayContact([complained], { ...transactional, contactPoint: 'b' }).allowed).toBe(true);
  });
  it('stays suppressed, whatever is granted later', () => expect(mayContact([consentGiven(suppressed(yes, 'email', 'a', 'bounced', 2), { channel: 'email', purpose: 'marketing', contactPoint: 'a' }, true, 9)], marketing).allowed).toBe(false));
});

describe('when timelines were merged', () => {
  const member = (state: ConsentState, joinedAt: number): ConsentState => ({ ...state, joinedAt });
  it('lets the no of either win over an older yes of the other, and over one from before the merge', () => {
    expect(mayContact([said([true, 5]), member(said([false, 4]), 10)], marketing).allowed).toBe(false);
    expect(mayContact([said([false, 4]), member(said([true, 5]), 10)], marketing).allowed).toBe(false);
  });
  it('lets a yes from after the merge win', () => expect(mayContact([said([true, 11]), member(said([false, 4]), 10)], marketing).allowed).toBe(true));
  it('lets a no from after the merge win', () => expect(mayContact([said([false, 11]), member(said([true, 12]), 13)], marketing).allowed).toBe(false));
  it('keeps the suppression of either', () => expect(mayContact([said([true, 1]), member(suppressed(NO_CONSENT, 'email', 'a', 'bounced', 2), 3)], marketing).allowed).toBe(false));
  it('does not depend on the order of the parts', () =>
    fc.assert(fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 5 }), (given) => {
      const parts = given.map(([granted, at, joinedAt]) => member(said([granted, at]), joinedAt));
      expect(mayContact(parts.toReversed(), marketing)).toEqual(mayContact(parts, marketing));
    })));
});
