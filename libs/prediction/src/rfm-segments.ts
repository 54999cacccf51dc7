import type { RfmScore, Score } from './rfm.ts';

type Span = readonly [from: Score, to: Score];

/** Names that marketers know for cells of recency and frequency. Each of the 25 cells has one. Monetary is left to conditions: whom to reach hangs on habits, how much to spend on it hangs on money. */
export const RFM_SEGMENTS = [
  { name: 'champions', recency: [5, 5], frequency: [4, 5] },
  { name: 'loyal', recency: [3, 4], frequency: [4, 5] },
  { name: 'potential-loyal', recency: [4, 5], frequency: [2, 3] },
  { name: 'new', recency: [5, 5], frequency: [1, 1] },
  { name: 'promising', recency: [4, 4], frequency: [1, 1] },
  { name: 'need-attention', recency: [3, 3], frequency: [3, 3] },
  { name: 'about-to-sleep', recency: [3, 3], frequency: [1, 2] },
  { name: 'at-risk', recency: [1, 2], frequency: [3, 4] },
  { name: 'cannot-lose', recency: [1, 2], frequency: [5, 5] },
  { name: 'hibernating', recency: [1, 2], frequency: [1, 2] },
] as const satisfies readonly Readonly<{ name: string; recency: Span; frequency: Span }>[];
export type RfmSegment = (typeof RFM_SEGMENTS)[number]['name'];

export const rfmSegment = ({ recency, frequency }: RfmScore): RfmSegment => RFM_SEGMENTS.find((segment) => within(segment.recency, recency) && within(segment.frequency, frequency))!.name;

const within = ([from, to]: Span, score: Score): boolean => from <= score && score <= to;
