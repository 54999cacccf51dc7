import { catalog, type MessageClicked, type TouchpointMessage } from '@touchpoint/contracts';
import { nothing, readModel } from './read-model.ts';

/**
 * What senders and the shop do, and what a machine may do in the customer's stead: it is on the timeline and counts as an event, but nobody was seen. A click
 * counts when it is not known to be a scanner's; an open never does, as mail programs fetch every picture.
 */
const NOT_SEEN: ReadonlySet<string> = new Set<TouchpointMessage['type']>([
  'MessageSent', 'MessageDelivered', 'MessageOpened', 'MessageClicked', 'MessageBounced', 'MessageFailed', 'MessageHeld', 'MessageUnknown', 'OrderAdjusted', 'DeviceRemoved',
]);
const isTouchpoint = (type: string): boolean => Object.hasOwn(catalog, type) && catalog[type as keyof typeof catalog].context === 'touchpoint';

/** Kept apart from the profile: nearly every event changes it, so its rows are narrow. */
export const activity = readModel<MessageClicked>()({
  name: 'activity',
  version: 1,
  doc: 'When the customer was seen, and how much is known of it. One row per customer.',
  key: {},
  columns: {
    firstSeenAt: { type: 'instant', merge: 'min', doc: 'First time the customer did something.' },
    lastSeenAt: { type: 'instant', merge: 'max', doc: 'Last time the customer did something. Messages to it, bounces and opens do not count.' },
    events: { type: 'integer', merge: 'sum', doc: 'Touchpoints on the timeline, of either side.' },
  },
  folds: (put) => ({
    on: {
      MessageClicked: ({ data }, { meta: { occurredAt } }) => (data.automatic === true ? nothing : [put({}, { firstSeenAt: occurredAt, lastSeenAt: occurredAt })]),
    },
    every: ({ meta: { occurredAt } }, type) => {
      if (!isTouchpoint(type)) return nothing;
      return [put({}, NOT_SEEN.has(type) ? { events: 1 } : { firstSeenAt: occurredAt, lastSeenAt: occurredAt, events: 1 })];
    },
  }),
});
