import type { Tracing } from '@touchpoint/host';
import { headerOf, TRACEPARENT, typeOf, type LogRecord } from './record.ts';

/** Of one batch no more are traced: a backlog in which every event is sampled would be nothing but spans. */
const MOST_SPANS = 100;

type Batch = Readonly<{ group: string; topic: string; partition: number; records: readonly LogRecord[]; next: () => number }>;

/** Does the work of a batch; each record in it that belongs to a sampled trace gets a span, as long as the batch took. What the session did not take, it takes later. */
export const withSpans = (tracing: Tracing | undefined, batch: Batch, work: () => Promise<void>): Promise<void> => (tracing?.on ? traced(tracing, batch, work) : work());

const traced = async (tracing: Tracing, { group, topic, partition, records, next }: Batch, work: () => Promise<void>): Promise<void> => {
  const spans: { offset: number; end: NonNullable<ReturnType<Tracing['start']>>['end'] }[] = [];
  for (const record of records) {
    const parent = headerOf(record, TRACEPARENT)?.toString('latin1');
    if (parent === undefined) continue;
    const span = tracing.start(`${group} process`, {
      kind: 'consumer', parent,
      attributes: {
        'messaging.system': 'kafka', 'messaging.operation.type': 'process', 'messaging.consumer.group.name': group, 'messaging.destination.name': topic, 'messaging.destination.partition.id': String(partition),
        'messaging.kafka.offset': record.offset, 'touchpoint.type': typeOf(record) ?? 'unknown',
      },
    });
    if (span && spans.push({ offset: record.offset, end: span.end }) === MOST_SPANS) break;
  }
  try {
    await work();
  } catch (error) {
    const failed = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'DEFECT';
    for (const { end } of spans) end({ failed });
    throw error;
  }
  for (const { offset, end } of spans) if (offset < next()) end();
};
