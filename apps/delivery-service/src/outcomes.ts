import { encodeMeta, type MessageRef } from '@touchpoint/contracts';
import { customerSourceKey } from '@touchpoint/identity';
import { partitionOf, type Instant, type Meta } from '@touchpoint/kernel';
import { META, TRACEPARENT, TYPE, type MessageWriter, type OutRecord } from '@touchpoint/log';
import type { Command, Dispatched } from './dispatcher.ts';
import type { Claim, Settlement } from './message-store.ts';

export type OutcomeTarget = Readonly<{ topic: string; partitions: number; writer: MessageWriter }>;

/** The outcome as a touchpoint of the customer; undefined while nothing is settled. Its id derives from the command: said twice, it is dropped as a repeat. */
export const outcomeRecord = ({ claim, command, settlement }: Pick<Dispatched, 'claim' | 'command' | 'settlement'>, at: Instant, { topic, partitions, writer }: OutcomeTarget): OutRecord | undefined => {
  const outcome = messageOf(claim, command, settlement);
  if (!outcome) return undefined;
  const key = customerSourceKey(command.customerId);
  const { correlationId, traceparent } = claim.thread;
  const meta: Meta = {
    messageId: `${command.commandId}/${outcome.type}`, publisher: 'delivery-service', occurredAt: at, receivedAt: at, historical: false,
    sources: [{ kind: 'customer', key, label: null }], link: 'none', digest: command.commandId.replaceAll('-', ''), correlationId, causationId: command.commandId,
  };
  const headers = { [META]: encodeMeta(meta), [TYPE]: Buffer.from(outcome.type), ...(traceparent !== null && { [TRACEPARENT]: Buffer.from(traceparent, 'latin1') }) };
  return { topic, partition: partitionOf(key, partitions), key, value: outcome.value(writer), headers };
};

/** All that `messageOf` makes. */
export const OUTCOMES = ['MessageSent', 'MessageFailed', 'MessageHeld', 'MessageUnknown'] as const;

type Outcome = Readonly<{ type: (typeof OUTCOMES)[number]; value: (writer: MessageWriter) => Buffer }>;

const messageOf = ({ attempt }: Claim, command: Command, settlement: Settlement): Outcome | undefined => {
  const { channel, commandId, journeyId, runId, stepId, templateId, messageClass, contactPoint } = command;
  const message: MessageRef = {
    channel, commandId, journeyId, runId, stepId, campaignId: null, templateId, messageClass, contactPoint,
    provider: 'provider' in settlement ? settlement.provider : null,
    providerMessageId: settlement.state === 'sent' ? settlement.providerMessageId : null,
  };
  switch (settlement.state) {
    case 'sent': return { type: 'MessageSent', value: (writer) => writer.write('MessageSent', { message, attempt }) };
    case 'failed': return { type: 'MessageFailed', value: (writer) => writer.write('MessageFailed', { message, permanent: true, attempt, reason: settlement.reason }) };
    case 'held': return { type: 'MessageHeld', value: (writer) => writer.write('MessageHeld', { message, reason: settlement.reason }) };
    case 'unknown': return { type: 'MessageUnknown', value: (writer) => writer.write('MessageUnknown', { message, attempt: settlement.attempt, reason: settlement.reason }) };
    case 'retry':
    case 'waiting': return undefined;
  }
};
