import { parseDuration, type Instant } from '@touchpoint/kernel';
import { anniversaryChanges, todayChanges } from './calendar.ts';
import { leavesOf, type Condition, type DidTest, type Leaf, type MeasureTest, type Sight } from './condition.ts';
import { holds, leafHolds, seenBy } from './evaluate.ts';

/** What conditions will see as time passes and nothing else happens. */
export type Outlook = Readonly<{
  sightAt: (at: Instant) => Sight;
  /** The next instant after `at` at which the value of a leaf changes by time alone; undefined: never. */
  changes: (leaf: MeasureTest | DidTest, at: Instant) => Instant | undefined;
}>;

/** Most instants that are looked at in search of the one at which a condition changes. Beyond it the last one is given: whoever looks again then goes on. */
const MAX_LOOKS = 64;

/**
 * The next instant after `at` at which a condition comes out otherwise, if nothing happens but that time passes; undefined: it never does.
 * Membership of other segments is taken as it is: whoever changes it looks again.
 */
export const nextFlip = (condition: Condition, outlook: Outlook, at: Instant): Instant | undefined => {
  const leaves = leavesOf(condition).map(([leaf]) => leaf).filter(movesWithTime);
  if (leaves.length === 0) return undefined;
  const now = holds(condition, outlook.sightAt(at));
  let look = at;
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    const next = earliest(leaves.map((leaf) => leafChange(leaf, outlook, look)));
    if (next === undefined) return undefined;
    look = next;
    if (holds(condition, outlook.sightAt(look)) !== now) return look;
  }
  return look;
};

/** Can a leaf change by time alone? Measures may, by what they are: that is asked each time. */
const movesWithTime = (leaf: Leaf): boolean => {
  if ('consent' in leaf || 'reachable' in leaf || 'segment' in leaf || 'event' in leaf) return false;
  if ('trait' in leaf) return leaf.within !== undefined || leaf.olderThan !== undefined || leaf.anniversaryIn !== undefined;
  return true;
};

/** The next instant after `at` at which a leaf may come out otherwise. */
const leafChange = (leaf: Leaf, outlook: Outlook, at: Instant): Instant | undefined => {
  const sight = outlook.sightAt(at);
  if ('today' in leaf) return todayChanges(leaf.today, at, sight.zone);
  if ('consent' in leaf || 'reachable' in leaf || 'segment' in leaf) return undefined;
  const value = seenBy(leaf, sight);
  const candidates: (Instant | undefined)[] = [];
  if (typeof value === 'number') {
    if (leaf.within !== undefined) candidates.push(value + parseDuration(leaf.within)! + 1);
    if (leaf.olderThan !== undefined) candidates.push(value + parseDuration(leaf.olderThan)!);
  }
  if (leaf.anniversaryIn !== undefined) candidates.push(anniversaryChanges(value, leaf.anniversaryIn, at, sight.zone));
  if ('measure' in leaf || 'did' in leaf) candidates.push(valueChange(leaf, outlook, at));
  return earliest(candidates.filter((one) => one !== undefined && one > at));
};

/** The next instant at which a value changes so that its tests come out otherwise: a window that loses one event of many need not be looked at each time. */
const valueChange = (leaf: MeasureTest | DidTest, outlook: Outlook, at: Instant): Instant | undefined => {
  if (leaf.within !== undefined || leaf.olderThan !== undefined || leaf.anniversaryIn !== undefined) return outlook.changes(leaf, at);
  const now = leafHolds(leaf, outlook.sightAt(at));
  let look: Instant | undefined = at;
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    look = outlook.changes(leaf, look);
    if (look === undefined || leafHolds(leaf, outlook.sightAt(look)) !== now) return look;
  }
  return look;
};

const earliest = (instants: readonly (Instant | undefined)[]): Instant | undefined => instants.reduce((first, one) => (first === undefined || (one !== undefined && one < first) ? one : first), undefined);
