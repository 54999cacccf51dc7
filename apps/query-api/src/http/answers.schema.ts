import * as z from 'zod';

/** What the answers look like: one source for the types, for OpenAPI and for the specs. */
export const documented = z.registry<{ id: string; description: string }>();
const named = <S extends z.ZodType>(id: string, description: string, schema: S): S => {
  documented.add(schema, { id, description });
  return schema;
};

const at = z.iso.datetime({ precision: 3 });
const when = at.nullable();
const id = z.uuid();
const amount = z.string().regex(/^-?\d+(\.\d{1,6})?$/).describe('Exact decimal.');
const count = z.int().min(0);
const lag = z.number().min(0).nullable();
const sourceKey = z.string().describe('Key of a source or an address: it tells two apart and does not give the value away.');
const text = z.string().nullable();
const pointers = z.array(z.string()).describe('Where a personal value is null because its key was deleted, as JSON pointers into this object.');

export const freshness = named('Freshness', 'How much of what happened is in the answer.', z.strictObject({
  seconds: lag.describe('Lag: the age of the oldest event that is not in the answer because a worker has not processed it. 0: none is. null: the log cannot be asked.'),
  asOf: when.describe('What came onto the log by then is in the answer.'),
  identityResolver: lag.describe('Lag of identity-resolver, over all events received, in seconds.'),
  profileProjector: lag.describe("Lag of profile-projector, over the timelines concerned, in seconds."),
  parked: count.describe('Events of this customer that were set aside because they could not be processed. They are not in the answer, and not in the lag.'),
}));

/** Whose answer it is: the same in every answer about a customer. */
const whose = {
  customerId: id.describe('The customer: of a merged one, the one that survives.'),
  requested: z.strictObject({ customerId: id, absorbed: z.boolean() }).describe('The customer that was asked for, and whether it was absorbed by another since.'),
  members: z.array(id).describe('Every customer id that was joined to this one, itself included.'),
};

export const customer = named('Customer', 'What is known about a customer, over all that were merged into it.', z.strictObject({
  ...whose,
  traits: z.record(z.string(), z.strictObject({
    value: z.unknown().describe('null with `personal`: redacted.'), statedAt: at, personal: z.boolean(),
  })).describe('What was said about the customer and not taken back.'),
  sources: z.array(z.strictObject({
    kind: z.string(), key: sourceKey, value: text.describe('The source id in clear. null: redacted, or not kept.'), firstLinkedAt: at,
    current: z.boolean().describe('false: it was given to another customer since.'),
  })),
  activity: z.strictObject({ firstSeenAt: when, lastSeenAt: when, events: count }),
  orders: z.array(z.strictObject({
    currency: z.string(), count, gross: amount, cancelled: amount, returned: amount, adjusted: amount, net: amount, firstAt: when, lastAt: when,
  })).describe('By currency. net = gross − cancelled − returned + adjusted.'),
  appUsage: z.strictObject({
    opens: count, sessions: count, screens: count, daysActive: count, appVersion: text, platform: text, deviceClass: text, firstAt: when, lastAt: when,
  }).nullable().describe('null: the app was never used.'),
  engagement: z.array(z.strictObject({
    channel: z.string(), sent: count, delivered: count, opened: count, clicked: count, openedByMachine: count, clickedByMachine: count, bounced: count, complained: count,
    failed: count, held: count, unknown: count, unsubscribed: count, lastSentAt: when, lastDeliveredAt: when, lastOpenedAt: when, lastClickedAt: when, lastBouncedAt: when,
  })).describe('Counts of events by channel: a message that is opened twice counts two opens.'),
  devices: z.array(z.strictObject({
    deviceKey: sourceKey, platform: text, appId: text, appVersion: text, osVersion: text, deviceClass: text, model: text, locale: text, timeZone: text,
    state: text, removedReason: text, firstRegisteredAt: when, registeredAt: when, pushContactPoint: sourceKey.nullable(),
  })),
  contactPoints: z.array(z.strictObject({
    channel: z.string(), contactPoint: sourceKey, address: text.describe('The address, number or token in clear. null: redacted, or only its key is known.'),
    status: z.string(), statusReason: text, statusAt: when, firstStatedAt: when, statedAt: when, reachable: z.boolean().describe('A message to this channel would go there, consent given.'),
  })),
  consent: z.array(z.strictObject({
    channel: z.string(), purpose: z.string().describe('*: everything but transactional messages.'), contactPoint: sourceKey.nullable().describe('null: every address of the channel.'),
    state: z.enum(['granted', 'withdrawn']), statedAt: at, method: text, source: text, wording: text,
    statedFor: z.strictObject({ purpose: z.string(), contactPoint: sourceKey.nullable() }).describe('What the statement that counts was made for.'),
  })).describe('What counts now for each channel, purpose and contact point that something was said about, and the statement that says so.'),
  messages: z.strictObject({
    total: count, held: count, pending: count, sent: count, delivered: count, opened: count, clicked: count, bounced: count, complained: count, failed: count, unknown: count,
  }).describe('Messages that were decided on, each in the one status that it has now.'),
  segments: z.array(z.strictObject({ id: z.string(), since: at })).describe('The segments that the customer is in, and since when.'),
  redacted: pointers,
  incomplete: z.array(z.string()).describe('Parts with more rows than an answer takes: what is told of them rests on the newest. The views of `analytics` have them all.'),
  freshness,
}));

export const timelineEntry = named('TimelineEntry', 'One event of a customer.', z.strictObject({
  type: z.string(), occurredAt: at, receivedAt: when,
  position: z.strictObject({ partition: count, offset: count }).describe('Where it lies on customers.timeline.'),
  customerId: id.nullable().describe('Whose timeline it lies on: a member of the merged customer.'),
  messageId: text, publisher: text, historical: z.boolean().describe('Imported history.'),
  data: z.record(z.string(), z.unknown()).nullable().describe('The event: money as exact decimal text, personal fields in clear, or null where they are redacted.'),
  cause: z.strictObject({ messageId: z.string(), position: z.strictObject({ partition: count, offset: count }).nullable() }).nullable().describe('Of what was found out or decided: the event that caused it.'),
  redacted: pointers,
  problem: text.describe('Why there is no data, as a code; null: there is.'),
}));

const next = z.string().nullable().describe('Pass it as `before` to get the entries that are older. null: there are none.');

export const timeline = named('Timeline', 'Events of a customer, newest first.', z.strictObject({ ...whose, entries: z.array(timelineEntry), next, freshness }));

export const MESSAGE_STATUS = ['held', 'pending', 'sent', 'delivered', 'opened', 'clicked', 'bounced', 'complained', 'failed', 'unknown'] as const;

export const message = named('Message', 'A message that was decided on, and what became of it.', z.strictObject({
  commandId: id, status: z.enum(MESSAGE_STATUS).describe('pending: it is to be sent, and nothing came back yet. unknown: sent or not, nobody knows.'),
  channel: text, templateId: text, messageClass: text,
  decision: z.strictObject({
    at, verdict: z.enum(['send', 'hold']), reason: text.describe('Why it is held. null: it is sent.'), why: z.unknown().describe('What was looked at.'),
    journeyId: text, runId: id.nullable(), stepId: text, setNumber: z.int().nullable().describe('The published set that it was decided under.'),
    cause: z.strictObject({ messageId: text, position: z.strictObject({ partition: count, offset: count }).nullable() }),
  }).nullable().describe('null: an outcome came, and the decision was not read yet.'),
  outcomes: z.strictObject({
    sentAt: when, deliveredAt: when, openedAt: when, clickedAt: when, bouncedAt: when, complainedAt: when, failedAt: when, heldAt: when, unknownAt: when,
    reason: text.describe('Why it failed, bounced, was held or is unknown.'),
  }),
}));

export const messages = named('Messages', 'Messages to a customer, newest first.', z.strictObject({ ...whose, messages: z.array(message), next, freshness }));

export const problem = named('Problem', 'An error (RFC 9457).', z.looseObject({
  type: z.string(), title: z.string(), status: z.int(), code: z.string().describe('What programs go by.'), detail: z.string().optional(),
  correlationId: z.string().optional().describe('To be looked for in the logs.'),
  errors: z.array(z.strictObject({ path: z.string(), code: z.string(), message: z.string().optional() })).optional(),
}));

type Body<S extends z.ZodType> = Omit<z.output<S>, 'freshness'>;
export type CustomerBody = Body<typeof customer>;
export type TimelineBody = Body<typeof timeline>;
export type TimelineEntry = z.output<typeof timelineEntry>;
export type MessagesBody = Body<typeof messages>;
export type MessageBody = z.output<typeof message>;
export type MessageStatus = (typeof MESSAGE_STATUS)[number];
