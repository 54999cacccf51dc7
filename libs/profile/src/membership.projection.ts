import type { CustomerAbsorbed, CustomerSplit } from '@touchpoint/contracts';
import { nothing, readModel } from './read-model.ts';

/**
 * Which customer absorbed this one. A customer's set is all that lead to one survivor, along chains. Goes by the offset: one timeline is in order, whatever the
 * events that caused a merge say about their time.
 */
export const membership = readModel<CustomerAbsorbed | CustomerSplit>()({
  name: 'membership',
  version: 1,
  doc: 'Which customer absorbed this one. One row per customer that ever was absorbed; chains are followed to the survivor.',
  key: {},
  columns: {
    changedOffset: { type: 'bigint', merge: 'max', doc: 'Offset on its timeline of the last change.' },
    survivorId: { type: 'uuid', merge: { latest: 'changedOffset' }, doc: 'The customer that absorbed it. null: it stands alone again.' },
    changedAt: { type: 'instant', merge: { latest: 'changedOffset' }, doc: 'When that was recorded.' },
  },
  folds: (put) => ({
    on: {
      CustomerAbsorbed: ({ data }, { position, recordedAt }) => [put({}, { changedOffset: position.offset, survivorId: data.survivorId, changedAt: recordedAt })],
      // It is told on both timelines; the member's own is the one that counts.
      CustomerSplit: ({ data }, { customerId, position, recordedAt }) =>
        data.memberId === customerId ? [put({}, { changedOffset: position.offset, survivorId: null, changedAt: recordedAt })] : nothing,
    },
  }),
});
