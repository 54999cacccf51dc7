import { decodeMeta, encodeMeta, type CustomerErased, type CustomerSplit } from '@touchpoint/contracts';
import type { Fact } from '@touchpoint/identity';
import { partitionOf, type CustomerId, type Meta } from '@touchpoint/kernel';
import { META, passedOn, TRACEPARENT, TYPE, type LogRecord, type MessageWriter, type OutRecord, type Target } from '@touchpoint/log';

/** What follows from an event, as a record of the timeline: under the event's own meta, with the event as its cause. */
export const factRecord = (
  { id, timeline: of, type, data }: Fact | Fact<CustomerErased> | Fact<CustomerSplit>,
  { headers: { [META]: causeMeta, [TRACEPARENT]: traceparent } }: LogRecord,
  writer: MessageWriter,
  { topic, partitions }: Target,
): OutRecord => {
  const cause = decodeMeta(causeMeta!);
  const meta: Meta = { ...cause, messageId: id, publisher: 'identity-resolver', link: 'none', digest: '0'.repeat(32), causationId: cause.messageId };
  return { topic, partition: partitionOf(of, partitions), key: of, value: writer.write(type, data as never), headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from(type), ...(traceparent && { [TRACEPARENT]: traceparent }) } };
};

/** A parked event that goes on: its record is not where the others of its batch are read again, so it is kept as a whole. */
export const redrivenRecord = (customerId: CustomerId, { value, headers }: LogRecord, { topic, partitions }: Target): OutRecord =>
  ({ topic, partition: partitionOf(customerId, partitions), key: customerId, value, headers: passedOn(headers) });
