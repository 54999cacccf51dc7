import type { Instant, Sealed } from '@touchpoint/kernel';

export type ContactChannel = 'email' | 'sms' | 'push';

/**
 * Where a customer can be reached. A slot holds one: the e-mail address, the phone number, and a token for each device. The newest word on a slot
 * counts, so an old registration that arrives late does not bring back what was removed.
 */
export type ContactPoint = Readonly<{
  channel: ContactChannel;
  /** Key of the address or token; null: nothing is known of it. */
  id: string | null;
  /** The sealed address, base64. null: not reachable (removed, signed out, no permission). */
  address: string | null;
  /** ios, android, web, for devices. */
  platform?: string;
  at: Instant;
}>;
export type ContactPoints = Readonly<Record<string, ContactPoint>>;
export type ReachablePoint = ContactPoint & Readonly<{ id: string; address: string }>;

export const MAX_CONTACT_POINTS = 16;

/** Sealed bytes as base64, as JSON can hold them. */
export const base64 = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
};
export const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

export const deviceSlot = (deviceKey: string): string => `push:${deviceKey}`;

/** A contact point said anew. Returns the same object where an equal or newer word is there. */
export const contactSaid = (points: ContactPoints, slot: string, channel: ContactChannel, id: string | null, address: Sealed | null, at: Instant, platform?: string): ContactPoints => {
  const said: ContactPoint = { channel, id, address: address === null || id === null ? null : base64(address), ...(platform === undefined ? {} : { platform: platform.slice(0, 32) }), at };
  const before = points[slot];
  return before && !newer(said, before) ? points : bounded({ ...points, [slot]: said });
};

/** A contact point taken back. `onlyId`: only if the slot holds this one. */
export const contactRemoved = (points: ContactPoints, slot: string, channel: ContactChannel, onlyId: string | null, at: Instant): ContactPoints => {
  const before = points[slot];
  if (before && onlyId !== null && before.id !== onlyId) return points;
  return contactSaid(points, slot, channel, onlyId ?? before?.id ?? null, null, at);
};

/** Of two words at one instant the removal counts, then the greater id: the same whatever the order. */
const newer = (one: ContactPoint, other: ContactPoint): boolean => {
  if (one.at !== other.at) return one.at > other.at;
  if ((one.address === null) !== (other.address === null)) return one.address === null;
  return (one.id ?? '') > (other.id ?? '');
};

/** Beyond the bound what cannot be reached goes first, then what was heard of longest ago: less is sent, never more. */
const bounded = (points: ContactPoints): ContactPoints => {
  const slots = Object.keys(points);
  if (slots.length <= MAX_CONTACT_POINTS) return points;
  const out = slots.reduce((a, b) => (sooner(points[b]!, points[a]!) ? b : a));
  const { [out]: _gone, ...kept } = points;
  return bounded(kept);
};
const sooner = (one: ContactPoint, other: ContactPoint): boolean => ((one.address === null) === (other.address === null) ? one.at < other.at : one.address === null);

export const joinedPoints = (a: ContactPoints, b: ContactPoints): ContactPoints => {
  const joined: Record<string, ContactPoint> = { ...a };
  for (const [slot, point] of Object.entries(b)) {
    const other = joined[slot];
    if (!other || newer(point, other)) joined[slot] = point;
  }
  return bounded(joined);
};

/** What can be reached by a channel, the newest first. */
export const reachable = (all: readonly ContactPoints[], channel: string): readonly ReachablePoint[] =>
  all
    .flatMap((points) => Object.values(points))
    .filter((point): point is ReachablePoint => point.channel === channel && point.address !== null && point.id !== null)
    .sort((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1));
