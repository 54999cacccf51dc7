import { leavesOf, type EventMeasure, type Leaf } from '@touchpoint/conditions';
import { trackersOf, type CompiledMeasure } from '@touchpoint/measures';
import { looksAtSegments, type SegmentDocument } from '@touchpoint/segments';
import { LIFECYCLE } from './measures.ts';

/** Ids of segments, by what may move a customer into or out of them. */
export type Watch = Readonly<{ byEvent: ReadonlyMap<string, ReadonlySet<string>>; bySegment: ReadonlyMap<string, readonly string[]> }>;

/** The touchpoints behind each measure that is there without being asked for. What begins with a name and a dot is meant, where the name alone stands here. */
const MEASURED: Readonly<Record<string, readonly string[]>> = {
  orders: ['OrderCompleted', 'OrderCancelled', 'OrderRefunded'],
  [LIFECYCLE]: ['OrderCompleted'],
  app: ['ApplicationOpened', 'ApplicationInstalled', 'DeviceRegistered', 'TraitsSet'],
  messages: ['MessageOpened', 'MessageClicked'],
  identity: ['IdentitiesLinked'],
};
/** What says in which zone a customer lives. */
const ZONE = MEASURED['app']!;
const CONTACT = ['ConsentChanged', 'Unsubscribed', 'MessageBounced', 'MessageComplained', 'TraitsSet', 'DeviceRegistered', 'DeviceRemoved'];

const watches = (leaf: Leaf, measures: ReadonlyMap<EventMeasure, CompiledMeasure>): readonly string[] => {
  if ('did' in leaf) return trackersOf(measures.get(leaf.did)!).map(({ event }) => event);
  if ('consent' in leaf || 'reachable' in leaf) return CONTACT;
  if ('today' in leaf) return ZONE;
  if ('segment' in leaf || 'event' in leaf) return [];
  const zone = leaf.anniversaryIn === undefined ? [] : ZONE;
  return 'trait' in leaf ? ['TraitsSet', ...zone] : [...MEASURED[leaf.measure.split('.', 1)[0]!]!, ...zone];
};

export const watchedBy = (segments: readonly SegmentDocument[], measures: ReadonlyMap<EventMeasure, CompiledMeasure>): Watch => {
  const byEvent = new Map<string, Set<string>>();
  const bySegment = new Map<string, string[]>();
  for (const segment of segments) {
    for (const event of leavesOf(segment.when).flatMap(([leaf]) => watches(leaf, measures))) byEvent.set(event, (byEvent.get(event) ?? new Set()).add(segment.id));
    for (const other of looksAtSegments(segment)) bySegment.set(other, [...(bySegment.get(other) ?? []), segment.id]);
  }
  return { byEvent, bySegment };
};
