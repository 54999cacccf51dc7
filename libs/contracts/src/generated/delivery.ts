// Generated from schemas/ by `npm run codegen`. Do not edit.
import type { CustomerId, Instant, Message, SourceKey } from '@touchpoint/kernel';
import type { JsonText } from '../json-text.ts';
import type { Channel, Guarantee } from './shapes.ts';

/** Send one message. A command: its id is claimed once, so it may arrive twice. */
export type SendMessage = Message<'SendMessage', {
  /** The command: a UUID, derived from run and step. */
  commandId: string;
  /** The customer. */
  customerId: CustomerId;
  /** The run: a UUID, derived from customer, journey and cause. */
  runId: string;
  /** The journey. */
  journeyId: string;
  /** The step that sends. */
  stepId: string;
  /** The published set that it was decided under. */
  setNumber: number;
  /** The channel. */
  channel: Channel;
  /** The message class: transactional, marketing, … */
  messageClass: string;
  /** Whether a lost outcome is tried again. */
  guarantee: Guarantee;
  /** The purpose that consent is looked at for. */
  purpose: string;
  /** The template, of the published set. */
  templateId: string;
  /** The address or device: its key, never the address. */
  contactPoint: SourceKey;
  /** Not sent later than this, but recorded as expired. */
  notAfter: Instant;
  /** Partition of the timeline that it was decided on. */
  decidedPartition: number;
  /** Offset that it was decided at. It is sent by nobody who has not read so far. */
  decidedOffset: number;
  /** Variables of the template: a JSON object. Nothing personal: that is looked up when sending. */
  variables: JsonText;
  /** Link or deep link that the message leads to. */
  link: string | null;
}>;

/** Every message of delivery. */
export type DeliveryMessage =
  | SendMessage;
