import type { Channel, ConsentChanged, MessageComplained, Unsubscribed } from '@touchpoint/contracts';
import type { Recorded, SourceKey } from '@touchpoint/kernel';
import { ALL_POINTS } from './contact-points.projection.ts';
import { readModel } from './read-model.ts';

/** Instead of a purpose: everything but transactional messages. */
export const ALL_PURPOSES = '*';
export const TRANSACTIONAL = 'transactional';

/**
 * What the customer agreed to, statement by statement: the latest counts, and of two at one instant the withdrawal. A complaint withdraws consent as an
 * unsubscription does.
 */
export const consent = readModel<ConsentChanged | Unsubscribed | MessageComplained>()({
  name: 'consent',
  version: 1,
  doc: 'What the customer agreed to. One row per customer, channel, purpose and contact point; the latest row that applies counts.',
  key: {
    channel: { type: 'text', doc: 'email, sms, push or other.' },
    purpose: { type: 'text', doc: 'marketing, transactional, …; *: everything but transactional messages.' },
    contactPoint: { type: 'text', doc: 'Key of the one address that it holds for. Empty: all of the channel.' },
  },
  columns: {
    at: { type: 'instant', merge: 'max', doc: 'When it was stated last. That statement counts.' },
    state: { type: 'text', merge: { latest: 'at' }, doc: 'granted or withdrawn.' },
    method: { type: 'text', merge: { latest: 'at' }, doc: 'How: form, double opt-in, unsubscribe link, complaint, …' },
    source: { type: 'text', merge: { latest: 'at' }, doc: 'Who published it.' },
    wording: { type: 'text', merge: { latest: 'at' }, doc: 'Version or text of the wording that the customer saw.' },
  },
  folds: (put) => {
    const key = (channel: Channel, purpose: string | null, contactPoint: SourceKey | null) => ({ channel, purpose: purpose ?? ALL_PURPOSES, contactPoint: contactPoint ?? ALL_POINTS });
    const statement = ({ meta }: Recorded, granted: boolean, method: string | null, wording: string | null) => ({
      at: meta.occurredAt, state: granted ? 'granted' : 'withdrawn', method, source: meta.publisher, wording,
    });
    return {
      on: {
        ConsentChanged: ({ data: { channel, purpose, contactPoint, granted, method, wording } }, recorded) => [put(key(channel, purpose, contactPoint), statement(recorded, granted, method, wording))],
        Unsubscribed: ({ data: { channel, purpose, contactPoint, method } }, recorded) => [put(key(channel, purpose, contactPoint), statement(recorded, false, method ?? 'unsubscribe', null))],
        MessageComplained: ({ data: { message: { channel } } }, recorded) => [put(key(channel, null, null), statement(recorded, false, 'complaint', null))],
      },
    };
  },
});
