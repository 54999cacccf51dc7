import { checkCondition, shapeChecker, type Issue, type Vocabulary } from '@touchpoint/conditions';
import type { SegmentDocument } from './segment.ts';

/** @returns every fault found, each with the JSON pointer of its place and what to do; none: the segment can be evaluated. */
export type SegmentCheck = (document: unknown, known: Pick<Vocabulary, 'measures' | 'segments'>) => readonly Issue[];

/** The check of a segment as its author wrote it: its shape, then what it means. That segments do not look at each other in a circle shows over all of them (`inOrder`). */
export const segmentChecker = (): SegmentCheck => {
  const checkShape = shapeChecker('segment');
  return (document, known) => {
    const shape = checkShape(document);
    return shape.length ? shape : checkCondition((document as SegmentDocument).when, { ...known, event: null }, '/when');
  };
};
