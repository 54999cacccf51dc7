/** One made-up customer, told by each answer. A spec holds them to the schemas. */
const customerId = '3f0c9a52-9d0b-5a53-8f5e-6f6c2a9d7e10';
const absorbedId = '9b1f6d1e-3f55-5c0a-9a57-0f5c3f3a2b44';
const commandId = '7f3b0c1a-5d7e-5a0b-8c55-1e9a2f6d4c31';
const runId = 'c2a4e6f8-1b3d-5f70-9a2c-4e6f8a0c2e46';
const orderedAt = '2026-03-14T12:00:00.000Z';
const emailKey = '5d41402abc4b2a76b9719d911017c592';
const userKey = '7d793037a0760186574b0282f2f435e7';

const whose = { customerId, requested: { customerId: absorbedId, absorbed: true }, members: [customerId, absorbedId] };
const freshness = { seconds: 0.042, asOf: '2026-03-14T12:30:00.000Z', identityResolver: 0, profileProjector: 0.042, parked: 0 };
const lastOf = { lastSentAt: '2026-03-14T12:00:02.000Z', lastDeliveredAt: null, lastOpenedAt: '2026-03-14T12:20:00.000Z', lastClickedAt: null, lastBouncedAt: null };

export const examples = {
  Customer: {
    ...whose,
    traits: {
      email: { value: 'ada@example.com', statedAt: '2026-03-01T09:00:00.000Z', personal: true },
      firstName: { value: null, statedAt: '2026-03-01T09:00:00.000Z', personal: true },
      plan: { value: 'gold', statedAt: '2026-03-02T10:00:00.000Z', personal: false },
    },
    sources: [{ kind: 'user', key: userKey, value: '42', firstLinkedAt: '2026-03-01T09:00:00.000Z', current: true }],
    activity: { firstSeenAt: '2026-03-01T09:00:00.000Z', lastSeenAt: orderedAt, events: 17 },
    orders: [{ currency: 'EUR', count: 2, gross: '59.8', cancelled: '0', returned: '9.95', adjusted: '0', net: '49.85', firstAt: '2026-03-03T10:00:00.000Z', lastAt: orderedAt }],
    appUsage: { opens: 5, sessions: 3, screens: 12, daysActive: 2, appVersion: '4.2.0', platform: 'iOS', deviceClass: 'phone', firstAt: '2026-03-01T09:00:00.000Z', lastAt: orderedAt },
    engagement: [{
      channel: 'email', sent: 1, delivered: 0, opened: 1, clicked: 0, openedByMachine: 0, clickedByMachine: 0, bounced: 0, complained: 0, failed: 0, held: 0, unknown: 0, unsubscribed: 0, ...lastOf,
    }],
    devices: [],
    contactPoints: [{
      channel: 'email', contactPoint: emailKey, address: 'ada@example.com', status: 'active', statusReason: null, statusAt: null,
      firstStatedAt: '2026-03-01T09:00:00.000Z', statedAt: '2026-03-01T09:00:00.000Z', reachable: true,
    }],
    consent: [{
      channel: 'email', purpose: 'marketing', contactPoint: null, state: 'granted', statedAt: '2026-03-01T09:00:00.000Z', method: 'double opt-in', source: 'shop', wording: '2026-01',
      statedFor: { purpose: 'marketing', contactPoint: null },
    }],
    messages: { total: 1, held: 0, pending: 0, sent: 0, delivered: 0, opened: 1, clicked: 0, bounced: 0, complained: 0, failed: 0, unknown: 0 },
    segments: [{ id: 'repeat-buyers', since: '2026-03-02T09:30:00.000Z' }],
    redacted: ['/traits/firstName/value'],
    incomplete: [],
    freshness,
  },
  Timeline: {
    ...whose,
    entries: [
      {
        type: 'MessageDecided', occurredAt: orderedAt, receivedAt: '2026-03-14T12:00:01.200Z', position: { partition: 7, offset: 1_042 }, customerId, messageId: '0b7d', publisher: 'channel-orchestrator', historical: false,
        data: { commandId, runId, journeyId: 'order-confirmation', stepId: 'confirm', verdict: 'send', reason: null, channel: 'email', templateId: 'order-confirmation', messageClass: 'transactional', contactPoint: emailKey, setNumber: 3, causeOffset: 1_041, why: { consent: 'not needed' } },
        cause: { messageId: 'order-7', position: { partition: 7, offset: 1_041 } }, redacted: [], problem: null,
      },
      {
        type: 'OrderCompleted', occurredAt: orderedAt, receivedAt: '2026-03-14T12:00:00.700Z', position: { partition: 7, offset: 1_041 }, customerId, messageId: 'order-7', publisher: 'shop', historical: false,
        data: { orderId: '7', currency: 'EUR', place: 'app', total: '19.9', lines: [{ productId: 'mug', quantity: '2', price: '9.95' }], personal: null },
        cause: null, redacted: ['/data/personal'], problem: null,
      },
    ],
    next: 'WzE3NzM0OTAwMDAwMDAsNywxMDQxXQ',
    freshness,
  },
  Messages: {
    ...whose,
    messages: [{
      commandId, status: 'opened', channel: 'email', templateId: 'order-confirmation', messageClass: 'transactional',
      decision: {
        at: orderedAt, verdict: 'send', reason: null, why: { consent: 'not needed' }, journeyId: 'order-confirmation', runId, stepId: 'confirm', setNumber: 3,
        cause: { messageId: 'order-7', position: { partition: 7, offset: 1_041 } },
      },
      outcomes: {
        sentAt: '2026-03-14T12:00:02.000Z', deliveredAt: null, openedAt: '2026-03-14T12:20:00.000Z', clickedAt: null, bouncedAt: null, complainedAt: null, failedAt: null, heldAt: null, unknownAt: null, reason: null,
      },
    }],
    next: null,
    freshness,
  },
} as const;

/** Errors, by status. `code` of 400 is each route's own. */
export const problems = {
  400: { title: 'A parameter is not valid' },
  401: { title: 'A valid API key is needed', code: 'ACCESS.NO_KEY' },
  403: { title: 'The API key may not do this', code: 'ACCESS.SCOPE' },
  404: { title: 'There is no such customer', code: 'CUSTOMER.UNKNOWN' },
  429: { title: 'Too much at once; try again later', code: 'HTTP.OVERLOAD' },
  503: { title: 'This cannot be done now; try again', code: 'STORE.UNAVAILABLE' },
} as const;
