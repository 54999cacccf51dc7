import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Touchpoint } from '@touchpoint/contracts';
import { base64, fromBase64, MAX_CONTACT_POINTS, reachable } from './contact-points.ts';
import { EMPTY_PART, foldPart, joinedPart, type Part } from './part.ts';
import { NOTHING_PUBLISHED } from './published.ts';
import { device, email, key, message } from './testing/messages.ts';

const fold = (...moments: readonly (readonly [number, Touchpoint])[]): Part => moments.reduce((part, [at, said]) => foldPart(part, said, at, NOTHING_PUBLISHED), EMPTY_PART);
const ids = (part: Part, channel: string) => reachable([part.contacts], channel).map(({ id }) => id);
const said = fc.tuple(fc.nat(9), fc.oneof(
  fc.constantFrom('x', 'y').map((name) => email(name)),
  fc.constantFrom('x', 'y').map((name) => device('d', name)),
  fc.constant(message('TraitsSet', { removed: ['email'] })),
  fc.constant(message('DeviceRemoved', { deviceKey: key('d') })),
)) as fc.Arbitrary<readonly [number, Touchpoint]>;

describe('contact points', () => {
  it('are what was said last, whatever the order of arrival', () =>
    fc.assert(fc.property(fc.array(said, { maxLength: 6 }), (moments) => {
      const there = (part: Part) => [ids(part, 'email'), ids(part, 'push')];
      expect(there(fold(...moments.toReversed()))).toEqual(there(fold(...moments)));
    })));
  it('join as if they had been of one timeline', () =>
    fc.assert(fc.property(fc.array(said, { maxLength: 4 }), fc.array(said, { maxLength: 4 }), (a, b) => {
      const there = (part: Part) => [ids(part, 'email'), ids(part, 'push')];
      expect(there(joinedPart(fold(...a), fold(...b)))).toEqual(there(fold(...a, ...b)));
    })));
  it('are not brought back by an old registration that comes late', () => expect(ids(fold([5, message('DeviceRemoved', { deviceKey: key('d') })], [3, device('d')]), 'push')).toEqual([]));
  it('lose only the token that is void', () => {
    expect(ids(fold([1, device('d', 'new')], [2, message('DeviceRemoved', { deviceKey: key('d'), tokenKey: key('old') })]), 'push')).toEqual([key('new')]);
    expect(ids(fold([1, device('d', 'new')], [2, message('DeviceRemoved', { deviceKey: key('d'), tokenKey: key('new') })]), 'push')).toEqual([]);
  });
  it('are bounded: what cannot be reached goes first, then the oldest', () => {
    const many = fold([0, email('a')], [1, message('DeviceRemoved', { deviceKey: key('gone') })], ...Array.from({ length: MAX_CONTACT_POINTS + 3 }, (_, i) => [i + 2, device(`d${i}`)] as const));
    expect(Object.keys(many.contacts)).toHaveLength(MAX_CONTACT_POINTS);
    expect(ids(many, 'push')[0]).toBe(key(`t-d${MAX_CONTACT_POINTS + 2}`));
    expect(ids(many, 'push')).not.toContain(key('t-d0'));
  });
  it('keep sealed bytes as they are', () => fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => expect(fromBase64(base64(bytes))).toEqual(bytes))));
});
