import type { SegmentMoveRow } from './rows.ts';

/** The segments that a customer is in, each with since when; over all timelines that it consists of. */
export const customerSegments = (moves: readonly SegmentMoveRow[]): readonly Readonly<{ id: string; since: number }>[] =>
  [...Map.groupBy(moves, ({ segmentId }) => segmentId)].flatMap(([id, its]) => {
    const entered = its.filter((move) => move.entered);
    return entered.length > its.length - entered.length ? [{ id, since: Math.max(...entered.map(({ at }) => at ?? 0)) }] : [];
  }).sort((a, b) => (a.id < b.id ? -1 : 1));
