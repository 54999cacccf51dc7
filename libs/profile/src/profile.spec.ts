import { describe, expect, it } from '@jest/globals';
import { customerIdOf, HOUR, type Projection } from '@touchpoint/kernel';
import { readModels } from './projections.ts';
import type { ActivityRow, MembershipRow, ProfileRow, TimelineIndexRow } from './rows.ts';
import { sealedOf } from './sealed.ts';
import { ADA, BEN, fold, happened, hex, NOON, rowsOf, sealed } from './timeline.fixture.ts';

const LATER = NOON + HOUR;
const base64 = (text: string) => Buffer.from(sealed(text)).toString('base64');
const traits = (object: object, at: number, removed: string[] = []) => happened('TraitsSet', { personal: [], traits: JSON.stringify(object), removed }, at);

describe('a profile', () => {
  it('keeps each trait as it was stated last, whichever came last', () => {
    const [row] = rowsOf<ProfileRow>(readModels.profile, traits({ plan: 'gold', size: 3 }, LATER), traits({ plan: 'free', since: 2020 }, NOON));
    expect(row!.traits).toEqual({ plan: { at: LATER, value: 'gold' }, size: { at: LATER, value: 3 }, since: { at: NOON, value: 2020 } });
    expect(row!.updatedAt).toBe(LATER);
  });
  it('remembers that a trait was taken back', () =>
    expect(rowsOf<ProfileRow>(readModels.profile, traits({}, LATER, ['plan']), traits({ plan: 'gold' }, NOON))[0]).toMatchObject({ traits: { plan: { at: LATER, value: null } }, personal: { plan: { at: LATER, value: null } } }));
  it('keeps personal traits sealed, each by itself', () => {
    const [row] = rowsOf<ProfileRow>(readModels.profile,
      happened('TraitsSet', { email: sealed('e'), emailKey: hex('e'), personal: [{ name: 'firstName', value: sealed('Ada') }], removed: [] }),
      happened('TraitsSet', { personal: [{ name: 'birthday', value: sealed('1815') }], removed: [] }, LATER));
    expect(row!.personal).toEqual({ email: { at: NOON, value: base64('e') }, firstName: { at: NOON, value: base64('Ada') }, birthday: { at: LATER, value: base64('1815') } });
    expect(sealedOf(base64('Ada'))).toEqual(new Uint8Array(sealed('Ada')));
  });
  it('lists the sources that were linked, since when, with their sealed labels', () => {
    const seen = { sources: [{ kind: 'user' as const, key: hex('u'), label: sealed('42') }] };
    const [row] = rowsOf<ProfileRow>(readModels.profile,
      happened('IdentitiesLinked', { customerId: ADA, by: 'identify', linked: [{ kind: 'user', key: hex('u') }, { kind: 'device', key: hex('d') }] }, LATER, ADA, seen),
      happened('TraitsSet', { personal: [], removed: [] }, NOON, ADA, { sources: [...seen.sources, { kind: 'customer', key: hex('c'), label: null }] }));
    expect(row!.sources).toEqual({ [hex('u')]: { at: NOON, kind: 'user', label: base64('42') }, [hex('d')]: { at: LATER, kind: 'device', label: '' } });
  });
});

describe('activity', () => {
  it('sees the customer where it did something, and counts what was done to it', () => {
    const about = { message: { channel: 'email' as const } };
    const row = (...timeline: Parameters<typeof rowsOf>[1][]) => rowsOf<ActivityRow>(readModels.activity, ...timeline)[0];
    expect(row(happened('PageViewed', {}, LATER), happened('ScreenViewed', { name: 'Home' }, NOON))).toEqual({ firstSeenAt: NOON, lastSeenAt: LATER, events: 2 });
    expect(row(happened('MessageSent', { ...about, attempt: 1 }), happened('MessageOpened', about), happened('MessageClicked', { ...about, automatic: true }))).toEqual({ firstSeenAt: null, lastSeenAt: null, events: 3 });
    expect(row(happened('MessageClicked', about))).toEqual({ firstSeenAt: NOON, lastSeenAt: NOON, events: 1 });
  });
  it('leaves out what no customer did', () =>
    expect(rowsOf(readModels.activity, happened('IdentitiesLinked', { customerId: ADA, by: 'none', linked: [] }))).toEqual([]));
});

describe('the timeline index', () => {
  it('says where every event lies', () => {
    const linked = happened('IdentitiesLinked', { customerId: ADA, by: 'none', linked: [] });
    expect(rowsOf<TimelineIndexRow>(readModels.timelineIndex, linked)).toEqual([{ partition: 3, offset: linked.recorded.position.offset, type: 'IdentitiesLinked', occurredAt: NOON }]);
  });
});

describe('membership', () => {
  const absorbed = (survivorId: typeof BEN, at: number) => happened('CustomerAbsorbed', { customerId: ADA, survivorId, by: 'alias' }, at);
  const split = (of: typeof BEN) => happened('CustomerSplit', { customerId: BEN, memberId: ADA, sources: [], requestedBy: 'operator' }, NOON, of);
  it('names who absorbed it last, as its timeline has it', () =>
    expect(rowsOf<MembershipRow>(readModels.membership, absorbed(BEN, LATER), split(ADA), absorbed(customerIdOf(hex('z')), NOON))[0]).toMatchObject({ survivorId: customerIdOf(hex('z')) }));
  it('ends with a split, told on its own timeline', () => {
    const rows = fold(readModels.membership as unknown as Projection, [absorbed(BEN, NOON), split(ADA), split(BEN)]);
    expect(rows.get(ADA)![0]).toMatchObject({ survivorId: null });
    expect(rows.get(BEN)).toBeUndefined();
  });
});
