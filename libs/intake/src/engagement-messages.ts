import type { MessageRef } from '@touchpoint/contracts';
import type { Clear, Keyed } from './clear.ts';
import type { FieldTable } from './fields.ts';
import type { Around, MessageTable } from './messages.ts';
import { anyPoint, bareUrl, channel, emailPoint, flag, ifAny, permanence, phonePoint, text, tokenPoint, whole, type Reader } from './readers.ts';

/** A campaign as the push spec has it: an object with a name. */
const campaign: Reader<string> = (value, issues) => {
  if (typeof value !== 'object' || value === null) return text(value, issues);
  const { id, name } = value as Record<string, unknown>;
  return id ?? name ? text(id ?? name, issues) : undefined;
};

/** Which message an outcome is about. */
export const messageFields: FieldTable<Clear<MessageRef>> = {
  channel: { read: channel, otherwise: 'other' },
  commandId: { read: text },
  journeyId: { read: text },
  runId: { read: text },
  stepId: { read: text },
  campaignId: { read: text, also: { campaign } },
  templateId: { read: text },
  messageClass: { read: text },
  contactPoint: { read: anyPoint, also: { email: ifAny(emailPoint), phone: ifAny(phonePoint), token: tokenPoint } },
  provider: { read: text },
  providerMessageId: { read: text, from: ['emailId', 'smsId', 'notificationId'] },
};

const message = { within: messageFields, optional: false } as const;
type About = { message: Clear<MessageRef> };
/** The event's name wins: `Email Opened` is about an e-mail whatever a property says. */
const finish = (data: About, { channel: named }: Around): void => {
  if (named !== undefined) data.message = { ...data.message, channel: named };
};

/** Where consent is given or withdrawn for one address. One that cannot be read is refused: without it, it would hold for all of the channel. */
export const strictPoint = { read: anyPoint, also: { email: emailPoint, phone: phonePoint, token: tokenPoint } } as const satisfies { read: Reader<Keyed>; also: Record<string, Reader<Keyed>> };
const reason = { read: text } as const;
const attempt = { read: whole, otherwise: 1 } as const;
const automatic = { read: flag } as const;

type EngagementName =
  | 'MessageSent' | 'MessageDelivered' | 'MessageOpened' | 'MessageClicked' | 'MessageBounced' | 'MessageComplained' | 'MessageFailed' | 'MessageHeld' | 'MessageUnknown'
  | 'Unsubscribed';

/** Segment's e-mail and push specs, and the same of SMS. */
export const engagementMessages: MessageTable<EngagementName> = {
  MessageSent: { fields: { message, attempt }, finish },
  MessageDelivered: { fields: { message }, finish },
  MessageOpened: { fields: { message, automatic }, finish },
  MessageClicked: { fields: { message, automatic, linkId: { read: text }, url: { read: bareUrl, from: ['linkUrl'] }, action: { read: text } }, finish },
  // Not every sender says whether a bounce is for good. One that does not say is believed to pass: an address is given up on better grounds.
  MessageBounced: { fields: { message, permanent: { read: flag, otherwise: false, also: { bounceType: permanence } }, reason, detail: { read: text } }, finish },
  MessageComplained: { fields: { message, reason }, finish },
  MessageFailed: { fields: { message, permanent: { read: flag, otherwise: true }, attempt, reason, detail: { read: text } }, finish },
  MessageHeld: { fields: { message, reason: { read: text, required: true } }, finish },
  MessageUnknown: { fields: { message, attempt, reason }, finish },
  Unsubscribed: {
    fields: {
      channel: { read: channel, otherwise: 'other' },
      purpose: { read: text },
      contactPoint: strictPoint,
      message: { within: { ...messageFields, channel: { fixed: 'other' }, contactPoint: { fixed: null } }, optional: true },
      listId: { read: text },
      method: { read: text },
    },
    finish: (data, { channel: named, properties, issues }) => {
      if (properties['channel'] === undefined && named !== undefined) data.channel = named;
      if (properties['channel'] === undefined && named === undefined) issues.add('INTAKE.MISSING', 'Say which channel: email, sms or push.', 'channel');
      if (data.message !== null) data.message = { ...data.message, channel: data.channel };
    },
  },
};
