import type { MessageBounced, MessageClicked, MessageComplained, MessageDelivered, MessageFailed, MessageHeld, MessageOpened, MessageSent, MessageUnknown, Unsubscribed } from '@touchpoint/contracts';
import { readModel } from './read-model.ts';

type Engagement = MessageSent | MessageDelivered | MessageOpened | MessageClicked | MessageBounced | MessageComplained | MessageFailed | MessageHeld | MessageUnknown | Unsubscribed;

/** What became of the messages to a customer. Counts events, not messages: one that is opened twice counts two opens. */
export const engagement = readModel<Engagement>()({
  name: 'engagement',
  version: 1,
  doc: 'What became of the messages to a customer, as counts of events. One row per customer and channel.',
  key: { channel: { type: 'text', doc: 'email, sms, push or other.' } },
  columns: {
    sent: { type: 'integer', merge: 'sum', doc: 'Accepted by a provider.' },
    delivered: { type: 'integer', merge: 'sum', doc: 'Reached the mail server, handset or device.' },
    opened: { type: 'integer', merge: 'sum', doc: 'Opens that are not known to be a machine’s.' },
    clicked: { type: 'integer', merge: 'sum', doc: 'Clicks and taps that are not known to be a machine’s.' },
    openedByMachine: { type: 'integer', merge: 'sum', doc: 'Opens by a privacy proxy or scanner.' },
    clickedByMachine: { type: 'integer', merge: 'sum', doc: 'Clicks by a scanner.' },
    bounced: { type: 'integer', merge: 'sum', doc: 'Refused after they were sent.' },
    complained: { type: 'integer', merge: 'sum', doc: 'Marked as spam.' },
    failed: { type: 'integer', merge: 'sum', doc: 'Not sent: refused by the provider, or not made.' },
    held: { type: 'integer', merge: 'sum', doc: 'Not sent: consent, suppression or time spoke against it at the last moment.' },
    unknown: { type: 'integer', merge: 'sum', doc: 'Sent or not, nobody knows.' },
    unsubscribed: { type: 'integer', merge: 'sum', doc: 'Withdrawals from this channel.' },
    lastSentAt: { type: 'instant', merge: 'max', doc: 'When one was last sent.' },
    lastDeliveredAt: { type: 'instant', merge: 'max', doc: 'When one was last delivered.' },
    lastOpenedAt: { type: 'instant', merge: 'max', doc: 'When one was last opened, not by a machine.' },
    lastClickedAt: { type: 'instant', merge: 'max', doc: 'When one was last clicked, not by a machine.' },
    lastBouncedAt: { type: 'instant', merge: 'max', doc: 'When one last bounced.' },
  },
  folds: (put) => ({
    on: {
      MessageSent: ({ data }, { meta }) => [put({ channel: data.message.channel }, { sent: 1, lastSentAt: meta.occurredAt })],
      MessageDelivered: ({ data }, { meta }) => [put({ channel: data.message.channel }, { delivered: 1, lastDeliveredAt: meta.occurredAt })],
      MessageOpened: ({ data }, { meta }) => [put({ channel: data.message.channel }, data.automatic === true ? { openedByMachine: 1 } : { opened: 1, lastOpenedAt: meta.occurredAt })],
      MessageClicked: ({ data }, { meta }) => [put({ channel: data.message.channel }, data.automatic === true ? { clickedByMachine: 1 } : { clicked: 1, lastClickedAt: meta.occurredAt })],
      MessageBounced: ({ data }, { meta }) => [put({ channel: data.message.channel }, { bounced: 1, lastBouncedAt: meta.occurredAt })],
      MessageComplained: ({ data }) => [put({ channel: data.message.channel }, { complained: 1 })],
      MessageFailed: ({ data }) => [put({ channel: data.message.channel }, { failed: 1 })],
      MessageHeld: ({ data }) => [put({ channel: data.message.channel }, { held: 1 })],
      MessageUnknown: ({ data }) => [put({ channel: data.message.channel }, { unknown: 1 })],
      Unsubscribed: ({ data }) => [put({ channel: data.channel }, { unsubscribed: 1 })],
    },
  }),
});
