import type { Channel, ConsentChanged, DeviceRegistered, DeviceRemoved, MessageBounced, MessageComplained, TraitsSet } from '@touchpoint/contracts';
import type { Instant, Sealed, SourceKey } from '@touchpoint/kernel';
import { nothing, readModel } from './read-model.ts';

/** Instead of a contact point: what is said of every address of the channel that was stated before. */
export const ALL_POINTS = '';

/** What is known of a contact point beside its address. In the order that counts at one instant: what speaks against it wins. */
export type ContactStatus = 'active' | 'bounced' | 'complained' | 'removed';
const status = (at: Instant, value: ContactStatus, reason: string | null) => ({ status: value, statusReason: reason, statusAt: at });
const address = (at: Instant, value: Sealed, deviceKey: SourceKey | null) => ({ address: value, deviceKey, statedAt: at });

/**
 * Where a customer can be reached. A void address (hard bounce, refused token) and one that complained stay out, even when the same address is stated again: apps
 * repeat it at every start. Only a new registration of the device, or consent given anew for that address, opens it again. A soft bounce and a failed attempt say
 * nothing of the address; an unsubscription is consent, not an address.
 */
export const contactPoints = readModel<TraitsSet | DeviceRegistered | DeviceRemoved | MessageBounced | MessageComplained | ConsentChanged>()({
  name: 'contact-points',
  version: 1,
  doc: 'Addresses, numbers and push tokens of a customer. One row per customer, channel and contact point.',
  key: {
    channel: { type: 'text', doc: 'email, sms or push.' },
    contactPoint: { type: 'text', doc: 'Key of the address, number or token. Empty: whatever was stated before statusAt.' },
  },
  columns: {
    firstStatedAt: { type: 'instant', merge: 'min', doc: 'When the customer was first known by it.' },
    statedAt: { type: 'instant', merge: 'max', doc: 'When it was last stated. The address stated last is the one to write to.' },
    address: { type: 'bytes', merge: { latest: 'statedAt' }, personal: true, doc: 'The address, number or token, sealed. null: only its key is known.' },
    deviceKey: { type: 'text', merge: { latest: 'statedAt' }, doc: 'The device of a push token.' },
    statusAt: { type: 'instant', merge: 'max', doc: 'When something was last said of it. null: nothing was, it is active.' },
    status: { type: 'text', merge: { latest: 'statusAt' }, doc: 'active, bounced (void), complained or removed. null: active. Only active ones are written to.' },
    statusReason: { type: 'text', merge: { latest: 'statusAt' }, doc: 'Why, as a short code.' },
  },
  folds: (put) => {
    const at = (channel: Channel, contactPoint: string) => ({ channel, contactPoint });
    const stated = (when: Instant, channel: Channel, key: SourceKey | null, value: Sealed | null) =>
      key === null || value === null ? nothing : [put(at(channel, key), { firstStatedAt: when, ...address(when, value, null) })];
    return {
      on: {
        TraitsSet: ({ data: { email, emailKey, phone, phoneKey, removed } }, { meta: { occurredAt } }) => [
          ...stated(occurredAt, 'email', emailKey, email),
          ...stated(occurredAt, 'sms', phoneKey, phone),
          ...(removed.includes('email') ? [put(at('email', ALL_POINTS), status(occurredAt, 'removed', 'trait removed'))] : nothing),
          ...(removed.includes('phone') ? [put(at('sms', ALL_POINTS), status(occurredAt, 'removed', 'trait removed'))] : nothing),
        ],
        DeviceRegistered: ({ data: { deviceKey, token, tokenKey } }, { meta: { occurredAt } }) =>
          token === null || tokenKey === null ? nothing : [put(at('push', tokenKey), { firstStatedAt: occurredAt, ...address(occurredAt, token, deviceKey), ...status(occurredAt, 'active', null) })],
        DeviceRemoved: ({ data: { tokenKey, reason } }, { meta: { occurredAt } }) => (tokenKey === null ? nothing : [put(at('push', tokenKey), status(occurredAt, 'removed', reason))]),
        MessageBounced: ({ data: { message: { channel, contactPoint }, permanent, reason } }, { meta: { occurredAt } }) =>
          contactPoint === null || !permanent ? nothing : [put(at(channel, contactPoint), status(occurredAt, 'bounced', reason))],
        MessageComplained: ({ data: { message: { channel, contactPoint }, reason } }, { meta: { occurredAt } }) =>
          contactPoint === null ? nothing : [put(at(channel, contactPoint), status(occurredAt, 'complained', reason))],
        ConsentChanged: ({ data: { channel, contactPoint, granted } }, { meta: { occurredAt } }) =>
          contactPoint === null || !granted ? nothing : [put(at(channel, contactPoint), status(occurredAt, 'active', 'consent'))],
      },
    };
  },
});
