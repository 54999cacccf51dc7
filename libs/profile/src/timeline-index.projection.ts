import { readModel } from './read-model.ts';

/** Where each event of a customer lies on the log. The body is read from there. */
export const timelineIndex = readModel<never>()({
  name: 'timeline-index',
  version: 1,
  doc: 'Where the events of a customer lie on customers.timeline. One row per event; the body stays on the log.',
  key: { offset: { type: 'bigint', doc: 'Offset in the partition.' } },
  columns: {
    partition: { type: 'integer', merge: 'max', shared: true, doc: 'Partition of the timeline: one for all events of a customer.' },
    type: { type: 'text', merge: 'max', doc: 'The message, such as OrderCompleted.' },
    occurredAt: { type: 'instant', merge: 'max', doc: 'When it happened.' },
  },
  appendOnly: true,
  folds: (put) => ({ on: {}, every: ({ meta: { occurredAt }, position: { partition, offset } }, type) => [put({ offset }, { partition, type, occurredAt })] }),
});
