import { isMessageName, showEvent } from '@touchpoint/contracts';
import { failureKind, toIso, type Failure } from '@touchpoint/kernel';
import { readTimelineRecord, type LogRecord, type MessageReader } from '@touchpoint/log';
import type { TimelineEntry } from './http/answers.schema.ts';
import type { PersonalValues } from './personal-values.ts';

/** An event as the timeline index has it. */
export type Indexed = Readonly<{ customerId: string; partition: number; offset: number; type: string; occurredAt: number }>;

/** The code of an event whose record the log does not hold any more. */
export const GONE = 'LOG.GONE';

type Shown = Omit<TimelineEntry, 'redacted'>;

/** One event with its body. What cannot be read is told with the reason, and keeps its place: the page around it is not lost. */
export const showEntry = ({ customerId, partition, offset, type, occurredAt }: Indexed, record: LogRecord | undefined, reader: Pick<MessageReader, 'read'>, personal: PersonalValues): Shown => {
  const bare: Shown = {
    type, occurredAt: toIso(occurredAt), receivedAt: null, position: { partition, offset }, customerId, messageId: null, publisher: null, historical: false, data: null, cause: null, problem: GONE,
  };
  if (!record) return bare;
  try {
    const { recorded: { meta } } = readTimelineRecord(record, partition);
    const entry = { ...bare, receivedAt: toIso(meta.receivedAt), messageId: meta.messageId, publisher: meta.publisher, historical: meta.historical, problem: null as string | null };
    try {
      const { data } = reader.read(type, record.value);
      const { causeOffset } = data as Readonly<{ causeOffset?: number }>;
      entry.cause = meta.causationId === null ? null : { messageId: meta.causationId, position: causeOffset === undefined ? null : { partition, offset: causeOffset } };
      if (isMessageName(type)) showEvent(type, data, personal, ['data'], (value) => { entry.data = value as Shown['data']; });
      return entry;
    } catch (error) {
      return { ...entry, problem: codeOf(error) };
    }
  } catch (error) {
    return { ...bare, problem: codeOf(error) };
  }
};

const codeOf = (error: unknown): string => {
  if (failureKind(error) !== 'InvalidMessage') throw error;
  return (error as Failure).code;
};
