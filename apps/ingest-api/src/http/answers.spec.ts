import { describe, expect, it } from '@jest/globals';
import { HttpProblem, type FieldIssue } from '@touchpoint/host';
import { takeSegment, type Arrival } from '@touchpoint/intake';
import { batchAnswer, messageIdOf, rejected, tooLargeEvent, type Rejected } from './answers.ts';

const arrival: Arrival = { receivedAt: Date.UTC(2026, 0, 31), mayImport: false, escaped: false };
const refused = (index: number, event: unknown): Rejected => {
  const intake = takeSegment(event, arrival);
  if ('taken' in intake) throw new Error('it was taken');
  return rejected(index, messageIdOf(event), intake.refused);
};
const errorsOf = (members: readonly Rejected[]): readonly FieldIssue[] => {
  try {
    batchAnswer({ taken: 0, refused: members });
  } catch (error) {
    if (error instanceof HttpProblem) return error.errors ?? [];
  }
  throw new Error('no problem was told');
};
const wrong = { type: 'track', event: 'Order Completed', messageId: 'm', userId: 'u', properties: { products: Array(30).fill(1) } };

describe('a batch of which nothing was taken', () => {
  it('names every member, however many there are', () => {
    const errors = errorsOf(Array.from({ length: 5_000 }, (_, i) => refused(i, i % 2 ? { type: 'track' } : { type: 'nonsense' })));
    expect(new Set(errors.map(({ path }) => /^batch\[\d+\]/.exec(path)?.[0])).size).toBe(5_000);
  });
  it('names every reason of a few, and where there would be too many the first of each member', () => {
    expect(errorsOf([refused(0, wrong), refused(1, wrong)])).toHaveLength(40);
    const errors = errorsOf(Array.from({ length: 1_500 }, (_, i) => refused(i, wrong)));
    expect(errors.length).toBeLessThanOrEqual(2_000);
    expect(errors.filter(({ path }) => path.startsWith('batch[1499].'))).toHaveLength(1);
    expect(new Set(errors.map(({ path }) => path.slice(0, path.indexOf(']')))).size).toBe(1_500);
  });
  it('has the code that all share', () => expect(() => batchAnswer({ taken: 0, refused: [rejected(0, null, tooLargeEvent(5)), rejected(1, null, tooLargeEvent(5))] })).toThrow(expect.objectContaining({ code: 'INGEST.EVENT_TOO_LARGE', errors: [0, 1].map((i) => expect.objectContaining({ path: `batch[${i}]` })) })));
});

describe('a batch of which a part was taken', () => {
  it('names every member that was not', () => {
    const { rejected: named } = batchAnswer({ taken: 1, refused: Array.from({ length: 1_500 }, (_, i) => refused(i, wrong)) });
    expect(named?.map(({ index }) => index)).toEqual(Array.from({ length: 1_500 }, (_, i) => i));
    expect(named?.every(({ errors }) => errors.length > 0)).toBe(true);
    expect(named?.flatMap(({ errors }) => errors).length).toBeLessThanOrEqual(2_000);
  });
});
