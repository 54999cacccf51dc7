import type { PartitionBatch } from './protocol/produce.ts';
import { recordBytes, type OutRecord } from './record.ts';

/** One call of append, until all its records are acknowledged or it has given up. */
export type Call = {
  records: readonly OutRecord[];
  bytes: number;
  /** The first record that was never put into a send. */
  next: number;
  unacked: number;
  settled: boolean;
  timer: NodeJS.Timeout | undefined;
  resolve: () => void;
  reject: (error: Error) => void;
};

/** What one send may hold: per partition (a batch over `max.message.bytes` would block for ever), and in all. */
export type SendLimits = Readonly<{ perPartition: Readonly<{ records: number; bytes: number }>; bytes: number }>;
export type Send = Readonly<{ batches: readonly PartitionBatch[]; taken: readonly Readonly<{ call: Call; count: number }>[] }>;

/**
 * Takes what fits one send, in order: a call's record for a full partition waits, and so does all that follows it, in this call and in later ones. Calls that
 * have given up are passed over. Moves `next` of the calls it takes from.
 */
export const nextSend = (calls: readonly Call[], { perPartition, bytes: most }: SendLimits): Send => {
  const topics = new Map<string, Map<number, { topic: string; partition: number; records: OutRecord[]; bytes: number }>>();
  const taken: { call: Call; count: number }[] = [];
  let total = 0;
  for (const call of calls) {
    if (call.settled) continue;
    const from = call.next;
    while (call.next < call.records.length) {
      const record = call.records[call.next]!;
      let partitions = topics.get(record.topic);
      if (!partitions) topics.set(record.topic, (partitions = new Map()));
      let batch = partitions.get(record.partition);
      if (!batch) partitions.set(record.partition, (batch = { topic: record.topic, partition: record.partition, records: [], bytes: 0 }));
      const size = recordBytes(record);
      if (batch.records.length >= perPartition.records || (batch.records.length > 0 && batch.bytes + size > perPartition.bytes) || (total > 0 && total + size > most)) break;
      batch.records.push(record);
      batch.bytes += size;
      total += size;
      call.next += 1;
    }
    if (call.next > from) taken.push({ call, count: call.next - from });
    if (call.next < call.records.length) break;
  }
  return { batches: [...topics.values()].flatMap((partitions) => [...partitions.values()]).filter(({ records }) => records.length > 0), taken };
};
