import { describe, expect, it } from '@jest/globals';
import type { DataOf, Draft } from '@touchpoint/contracts';
import { HOUR } from '@touchpoint/kernel';
import { consentFor } from './consent.query.ts';
import { readModels } from './projections.ts';
import { reachable } from './reachable.query.ts';
import type { ConsentRow, ContactPointRow, DeviceRow, EngagementRow } from './rows.ts';
import { happened, hex, NOON, rowsOf, sealed, type Happened } from './timeline.fixture.ts';

const [MAIL, OTHER, TOKEN, RENEWED, PHONE] = ['mail', 'other', 'token', 'renewed', 'phone'].map(hex) as [ReturnType<typeof hex>, ReturnType<typeof hex>, ReturnType<typeof hex>, ReturnType<typeof hex>, ReturnType<typeof hex>];
const LATER = NOON + HOUR;
const mail = (emailKey = MAIL, at = NOON) => happened('TraitsSet', { email: sealed(emailKey), emailKey, personal: [], removed: [] }, at);
const device = (draft: Partial<Draft<DataOf<'DeviceRegistered'>>> = {}, at = NOON) => happened('DeviceRegistered', { deviceKey: PHONE, platform: 'ios', token: sealed('t'), tokenKey: TOKEN, ...draft }, at);
const bounced = (contactPoint: typeof MAIL | null, permanent: boolean, at = LATER, channel: 'email' | 'push' = 'email') => happened('MessageBounced', { message: { channel, contactPoint }, permanent, reason: 'no such user' }, at);
const complained = (at = LATER) => happened('MessageComplained', { message: { channel: 'email', contactPoint: MAIL } }, at);
const said = (granted: boolean, at: number, draft: Partial<Draft<DataOf<'ConsentChanged'>>> = {}) => happened('ConsentChanged', { channel: 'email', purpose: 'marketing', granted, ...draft }, at);
const unsubscribed = (at: number, draft: Partial<Draft<DataOf<'Unsubscribed'>>> = {}) => happened('Unsubscribed', { channel: 'email', ...draft }, at);

const points = (channel: 'email' | 'sms' | 'push', ...timeline: readonly Happened[]) =>
  reachable(channel, rowsOf<ContactPointRow>(readModels.contactPoints, ...timeline), rowsOf<DeviceRow>(readModels.devices, ...timeline)).map(({ contactPoint }) => contactPoint);
const both = (...timeline: readonly Happened[]) => [points('email', ...timeline), points('email', ...timeline.toReversed())];
const answer = (question: Parameters<typeof consentFor>[1], ...timeline: readonly Happened[]) => consentFor(rowsOf<ConsentRow>(readModels.consent, ...timeline), question)?.state;

describe('an e-mail address', () => {
  it('is the one stated last', () => expect(both(mail(MAIL, NOON), mail(OTHER, LATER))).toEqual([[OTHER], [OTHER]]));
  it('is void after a hard bounce, even when it is stated again', () => expect(both(mail(), bounced(MAIL, true), mail(MAIL, LATER + 1))).toEqual([[], []]));
  it('is not touched by a soft bounce, a bounce of an unknown address, or a failed attempt', () =>
    expect(both(mail(), bounced(MAIL, false), bounced(null, true), happened('MessageFailed', { message: { channel: 'email', contactPoint: MAIL }, permanent: true, attempt: 3 }, LATER))).toEqual([[MAIL], [MAIL]]));
  it('is not written to after a complaint, and again after consent was given anew for it', () => {
    expect(both(mail(), complained())).toEqual([[], []]);
    expect(both(mail(), complained(), said(true, LATER + 1, { contactPoint: MAIL }))).toEqual([[MAIL], [MAIL]]);
    expect(both(mail(), complained(), said(true, LATER, { contactPoint: MAIL }))).toEqual([[], []]);
  });
  it('does not fall back to an older address', () => expect(both(mail(MAIL, NOON), mail(OTHER, NOON + 1), bounced(OTHER, true))).toEqual([[], []]));
  it('is gone when the trait was taken back, until one is stated again', () => {
    const removed = happened('TraitsSet', { personal: [], removed: ['email'] }, NOON + 1);
    expect(both(mail(), removed)).toEqual([[], []]);
    expect(both(mail(), removed, mail(OTHER, LATER))).toEqual([[OTHER], [OTHER]]);
  });
  it('keeps its sealed address', () => expect(rowsOf<ContactPointRow>(readModels.contactPoints, mail())[0]).toMatchObject({ channel: 'email', address: Buffer.from(sealed(MAIL)), status: null, firstStatedAt: NOON }));
});

describe('a push token', () => {
  it('is the current one of a registered device', () => {
    expect(points('push', device(), device({ tokenKey: RENEWED }, LATER))).toEqual([RENEWED]);
    expect(points('push', device(), device({ token: null, tokenKey: null }, LATER))).toEqual([]);
  });
  it('is out with its device, or alone, until the device is registered again', () => {
    const signedOut = happened('DeviceRemoved', { deviceKey: PHONE, reason: 'signed out' }, LATER);
    const refused = happened('DeviceRemoved', { deviceKey: PHONE, tokenKey: TOKEN, reason: 'token refused' }, LATER);
    for (const end of [signedOut, refused, bounced(TOKEN, true, LATER, 'push')]) {
      expect(points('push', device(), end)).toEqual([]);
      expect(points('push', end, device())).toEqual([]);
      expect(points('push', device(), end, device({}, LATER + 1))).toEqual([TOKEN]);
    }
  });
  it('comes with the others, the last registered first', () =>
    expect(points('push', device(), device({ deviceKey: OTHER, tokenKey: RENEWED }, LATER))).toEqual([RENEWED, TOKEN]));
});

describe('consent', () => {
  const marketing = { channel: 'email', purpose: 'marketing' } as const;
  it('is not known before anything was said', () => expect(answer(marketing, mail())).toBeUndefined());
  it('is what was said last, whatever came last', () => {
    expect(answer(marketing, said(false, LATER), said(true, NOON))).toBe('withdrawn');
    expect(answer(marketing, said(true, LATER), said(false, NOON))).toBe('granted');
  });
  it('is withdrawn when both were said at one instant', () => {
    expect(answer(marketing, said(true, NOON), said(false, NOON))).toBe('withdrawn');
    const rows = rowsOf<ConsentRow>(readModels.consent, said(true, NOON), unsubscribed(NOON));
    for (const order of [rows, rows.toReversed()]) expect(consentFor(order, marketing)?.state).toBe('withdrawn');
  });
  it('ends with an unsubscription from everything or a complaint, but not for transactional messages', () => {
    for (const end of [unsubscribed(LATER), complained()]) {
      expect(answer(marketing, said(true, NOON), end)).toBe('withdrawn');
      expect(answer({ channel: 'email', purpose: 'transactional' }, said(true, NOON, { purpose: 'transactional' }), end)).toBe('granted');
      expect(answer({ channel: 'sms', purpose: 'marketing' }, said(true, NOON, { channel: 'sms' }), end)).toBe('granted');
      expect(answer(marketing, end, said(true, LATER + 1))).toBe('granted');
    }
  });
  it('may hold for one address alone', () => {
    const timeline = [said(true, NOON), unsubscribed(LATER, { contactPoint: MAIL })];
    expect(answer({ ...marketing, contactPoint: MAIL }, ...timeline)).toBe('withdrawn');
    expect(answer({ ...marketing, contactPoint: OTHER }, ...timeline)).toBe('granted');
    expect(answer(marketing, ...timeline)).toBe('granted');
  });
  it('says who published it and how', () =>
    expect(consentFor(rowsOf<ConsentRow>(readModels.consent, unsubscribed(NOON)), marketing)).toMatchObject({ at: NOON, method: 'unsubscribe', source: 'shop', purpose: '*' }));
});

describe('engagement', () => {
  it('counts by channel what happened to messages, people and machines apart', () => {
    const about = { message: { channel: 'email' as const } };
    const [row] = rowsOf<EngagementRow>(readModels.engagement,
      happened('MessageSent', { ...about, attempt: 1 }), happened('MessageDelivered', about), happened('MessageOpened', { ...about, automatic: true }, LATER), happened('MessageOpened', about), happened('MessageClicked', about),
      happened('MessageClicked', { ...about, automatic: true }), bounced(MAIL, false), complained(), happened('MessageFailed', { ...about, permanent: true, attempt: 1 }), happened('MessageHeld', { ...about, reason: 'expired' }),
      happened('MessageUnknown', { ...about, attempt: 1 }), unsubscribed(NOON));
    expect(row).toMatchObject({ channel: 'email', sent: 1, delivered: 1, opened: 1, openedByMachine: 1, clicked: 1, clickedByMachine: 1, bounced: 1, complained: 1, failed: 1, held: 1, unknown: 1, unsubscribed: 1, lastOpenedAt: NOON, lastBouncedAt: LATER });
  });
});
