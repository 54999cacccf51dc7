import { partitionOf, toIso, type Instant } from '@touchpoint/kernel';
import type { MessageRow } from '@touchpoint/profile';
import type { MessageBody, MessageStatus } from './http/answers.schema.ts';

type Outcomes = Pick<MessageRow, 'verdict' | 'sentAt' | 'deliveredAt' | 'openedAt' | 'clickedAt' | 'bouncedAt' | 'complainedAt' | 'failedAt' | 'heldAt' | 'unknownAt'>;

/** The one status that a message has now: the furthest that it came, and what speaks against it before what speaks for it. The view analytics.messages says the same. */
export const statusOf = (row: Outcomes): MessageStatus => {
  if (row.complainedAt !== null) return 'complained';
  if (row.bouncedAt !== null) return 'bounced';
  if (row.clickedAt !== null) return 'clicked';
  if (row.openedAt !== null) return 'opened';
  if (row.deliveredAt !== null) return 'delivered';
  if (row.sentAt !== null) return 'sent';
  if (row.failedAt !== null) return 'failed';
  if (row.heldAt !== null || row.verdict === 'hold') return 'held';
  return row.unknownAt !== null ? 'unknown' : 'pending';
};

/** An instant as it is told; null for what did not happen. */
export const told = (at: Instant | null): string | null => (at === null ? null : toIso(at));

/** @param decidedFor the member whose timeline the decision lies on, with its cause. */
export const showMessage = (row: MessageRow, decidedFor: string | undefined, partitions: number): MessageBody => ({
  commandId: row.commandId,
  status: statusOf(row),
  channel: row.channel,
  templateId: row.templateId,
  messageClass: row.messageClass,
  decision: row.statedAt === null ? null : {
    at: toIso(row.statedAt),
    verdict: row.verdict === 'hold' ? 'hold' : 'send',
    reason: row.reason,
    why: row.why,
    journeyId: row.journeyId, runId: row.runId, stepId: row.stepId, setNumber: row.setNumber,
    cause: {
      messageId: row.causeId,
      position: row.causeOffset === null || decidedFor === undefined ? null : { partition: partitionOf(decidedFor, partitions), offset: row.causeOffset },
    },
  },
  outcomes: {
    sentAt: told(row.sentAt), deliveredAt: told(row.deliveredAt), openedAt: told(row.openedAt), clickedAt: told(row.clickedAt), bouncedAt: told(row.bouncedAt),
    complainedAt: told(row.complainedAt), failedAt: told(row.failedAt), heldAt: told(row.heldAt), unknownAt: told(row.unknownAt), reason: row.outcomeReason,
  },
});
