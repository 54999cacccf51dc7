import { describe, expect, it } from '@jest/globals';
import { reviewCommand, type Beside } from './command-review.policy.ts';
import { NOTHING_PUBLISHED } from './published.ts';
import { about, at, consent, customer, device, email, key, message, play, sealed, type Moment } from './testing/given.ts';

const command = (data: object) => ({ ...message('SendMessage', {}).data, channel: 'email' as const, messageClass: 'marketing', purpose: 'marketing', contactPoint: key('a'), notAfter: 1_000, ...data });
const stateOf = (moments: readonly Moment[], who = customer('a')) => play(NOTHING_PUBLISHED, moments, undefined, who).state;
const review = (moments: readonly Moment[], data: object = {}, now = 500, beside: Partial<Beside> = {}) => reviewCommand(stateOf(moments), command(data), now, { erased: false, parked: false, survivors: [], ...beside });
const known = [at(1, email('a')), at(1, consent('email', true)), at(1, consent('push', true)), at(1, device('d', 't'))];
const transactional = { messageClass: 'transactional', purpose: 'transactional' };

describe('a command at the last moment', () => {
  it('is carried out, to the sealed address that its contact point stands for', () => {
    expect(review(known)).toEqual({ allowed: true, address: sealed('a'), platform: null });
    expect(review(known, { channel: 'push', contactPoint: key('t') })).toEqual({ allowed: true, address: sealed('t'), platform: 'ios' });
  });
  it.each<[string, readonly Moment[], object, number, string]>([
    ['is too late', [], {}, 1_001, 'expired'],
    ['was opted out of since', [at(2, message('Unsubscribed', { channel: 'email' }))], {}, 500, 'withdrawn'],
    ['bounced since', [at(2, about('MessageBounced', null, key('a'), { permanent: true }))], transactional, 500, 'suppressed'],
    ['goes to an address that was changed since', [at(2, email('b'))], transactional, 500, 'no contact point'],
    ['goes to a device that signed out since', [at(2, message('DeviceRemoved', { deviceKey: key('d') }))], { channel: 'push', contactPoint: key('t') }, 500, 'no contact point'],
    ['is for somebody who was merged since', [at(2, message('CustomerMerged', { customerId: customer('a'), absorbedId: customer('b') }))], {}, 500, 'merge pending'],
    ['is for somebody who was absorbed since', [at(2, message('CustomerAbsorbed', { customerId: customer('a'), survivorId: customer('b') }))], {}, 500, 'merged'],
    ['never had consent', [], { channel: 'email', purpose: 'marketing', contactPoint: key('a') }, 500, 'no consent'],
  ])('is held when it %s', (_, since, data, now, reason) => expect(review([...(reason === 'no consent' ? known.slice(0, 1) : known), ...since], data, now)).toEqual({ allowed: false, reason }));
  it('is carried out when it is transactional and the customer was merged or absorbed since', () => {
    expect(review([...known, at(2, message('CustomerMerged', { customerId: customer('a'), absorbedId: customer('b') }))], transactional)).toMatchObject({ allowed: true });
    expect(review([...known, at(2, message('CustomerAbsorbed', { customerId: customer('a'), survivorId: customer('b') }))], transactional)).toMatchObject({ allowed: true });
  });
  it('is held for somebody who was erased, transactional or not, as soon as the vault or the state knows', () => {
    for (const what of [{}, transactional]) {
      expect(review(known, what, 500, { erased: true })).toEqual({ allowed: false, reason: 'erased' });
      expect(review([...known, at(2, message('CustomerErased', { customerId: customer('a') }))], what)).toEqual({ allowed: false, reason: 'erased' });
    }
  });
  it('is held when events of the customer lie parked, if it is marketing', () => {
    expect(review(known, {}, 500, { parked: true })).toEqual({ allowed: false, reason: 'events parked' });
    expect(review(known, transactional, 500, { parked: true })).toMatchObject({ allowed: true });
  });
});

describe('a transactional command for a customer who was absorbed since', () => {
  const absorbed = [...known, at(2, message('CustomerAbsorbed', { customerId: customer('a'), survivorId: customer('b') }))];
  const silent = stateOf([], customer('b'));
  it.each<[string, string, Moment]>([
    ['the address bounced', 'suppressed', at(3, about('MessageBounced', null, key('a'), { permanent: true }))],
    ['such messages were withdrawn', 'withdrawn', at(3, message('ConsentChanged', { channel: 'email', purpose: 'transactional', granted: false }))],
  ])('is held when the survivor knows that %s, however far along the chain', (_, reason, word) => {
    const knowing = stateOf([word], customer('c'));
    expect(review(absorbed, transactional, 500, { survivors: [knowing] })).toEqual({ allowed: false, reason });
    expect(review(absorbed, transactional, 500, { survivors: [silent, knowing] })).toEqual({ allowed: false, reason });
  });
  it('goes on when the survivors know nothing against it', () => expect(review(absorbed, transactional, 500, { survivors: [silent] })).toMatchObject({ allowed: true, address: sealed('a') }));
});
