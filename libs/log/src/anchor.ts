import { hash } from 'node:crypto';
import { logMismatch } from '@touchpoint/kernel';
import type { LogReader } from './log-reader.ts';
import type { LogRecord } from './record.ts';

/** What a record was: its broker time stamp and a hash of what it holds. Kept beside a checkpoint for the record before it. */
export const anchorOf = (record: LogRecord): string => `${record.timestamp}-${hash('sha256', record.value, 'hex').slice(0, 16)}`;

/**
 * A checkpoint's anchor must be the record that lies before it now. kafkajs' metadata has no topic ids, so the record itself is the witness that this log is
 * the one the checkpoint was written against. A record that retention took is no witness, and no contradiction either.
 * @throws Failure LogMismatch `LOG.RECREATED`.
 */
export const checkAnchor = async (reader: LogReader, topic: string, partition: number, { next, anchor }: { next: number; anchor: string | null }): Promise<void> => {
  if (anchor === null || next === 0) return;
  const [record] = await reader.read(topic, partition, [next - 1]);
  if (record && anchorOf(record) !== anchor)
    throw logMismatch('LOG.RECREATED', `${topic}/${partition}: offset ${next - 1} is not the record that the checkpoint was written behind: the log was created again. Nothing is consumed until: touchpoint restore.`);
};
