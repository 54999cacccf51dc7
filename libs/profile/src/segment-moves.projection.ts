import type { SegmentEntered, SegmentLeft } from '@touchpoint/contracts';
import { readModel } from './read-model.ts';

/** Each entering and leaving of a segment. Who is in one now is who entered it once more than left it. */
export const segmentMoves = readModel<SegmentEntered | SegmentLeft>()({
  name: 'segment-moves',
  version: 1,
  doc: 'Customers entering and leaving segments. One row per customer and move.',
  key: { partition: { type: 'integer', doc: 'Partition of the fact.' }, offset: { type: 'bigint', doc: 'Its offset there.' }, segmentId: { type: 'text', doc: 'The segment.' } },
  columns: {
    at: { type: 'instant', merge: 'max', doc: 'When the condition began, or ceased, to hold.' },
    entered: { type: 'boolean', merge: 'or', doc: 'true: the customer is in it from here on. false: not any more.' },
    initial: { type: 'boolean', merge: 'or', doc: 'It was found there when the segment was new, and did nothing to get there.' },
    reason: { type: 'text', merge: 'max', doc: 'Why it was left: condition, merged, erased, archived. null: it was entered.' },
    setNumber: { type: 'bigint', merge: 'max', doc: 'The published set that it was decided under.' },
  },
  appendOnly: true,
  folds: (put) => ({
    on: {
      SegmentEntered: ({ data: { segmentId, at, initial, setNumber } }, { position: { partition, offset } }) => [put({ partition, offset, segmentId }, { at, entered: true, initial, setNumber })],
      SegmentLeft: ({ data: { segmentId, at, reason, setNumber } }, { position: { partition, offset } }) => [put({ partition, offset, segmentId }, { at, entered: false, reason, setNumber })],
    },
  }),
});
