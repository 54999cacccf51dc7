import { leavesOf, type Condition } from '@touchpoint/conditions';

/** A segment as its author writes it; `schemas/segment.schema.json` says the same for editors. */
export type SegmentDocument = Readonly<{ id: string; version: number; name: string; about?: string; when: Condition }>;
/** With the number of the set from which on this condition counts. */
export type PublishedSegment = SegmentDocument & Readonly<{ since: number }>;

/** Segments as a set publishes them: one whose condition stood in the set before counts since then. @param before those of the set before */
export const sinceWhen = (segments: readonly SegmentDocument[], before: readonly PublishedSegment[], setNumber: number): readonly PublishedSegment[] =>
  segments.map((segment) => {
    const same = before.find(({ id, when }) => id === segment.id && JSON.stringify(when) === JSON.stringify(segment.when));
    return { ...segment, since: same?.since ?? setNumber };
  });

/** The other segments that a segment looks at. */
export const looksAtSegments = ({ when }: SegmentDocument): readonly string[] => [...new Set(leavesOf(when).flatMap(([leaf]) => ('segment' in leaf ? [leaf.segment] : [])))];

/** Each segment behind those that it looks at; `circle`: segments that look at each other, which none can be the first of. */
export const inOrder = <S extends SegmentDocument>(segments: readonly S[]): Readonly<{ order: readonly S[]; circle: readonly string[] }> => {
  const left = new Map([...segments].sort((a, b) => (a.id < b.id ? -1 : 1)).map((segment) => [segment.id, segment]));
  const order: S[] = [];
  for (let found = true; found; ) {
    found = false;
    for (const [id, segment] of left) {
      if (looksAtSegments(segment).some((other) => left.has(other))) continue;
      order.push(segment);
      left.delete(id);
      found = true;
    }
  }
  return { order, circle: [...left.keys()] };
};
