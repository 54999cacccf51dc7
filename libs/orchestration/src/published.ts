import { leavesOf, SEGMENT_EVENTS, type Condition, type EventMeasure } from '@touchpoint/conditions';
import type { JourneysPublished, JsonText } from '@touchpoint/contracts';
import { compileJourney, conditionsOf, type Journey, type JourneyDocument } from '@touchpoint/journeys';
import { compileMeasure, trackersOf, type CompiledMeasure, type Tracker } from '@touchpoint/measures';
import type { TemplateDocument } from '@touchpoint/messaging';
import { inOrder, type PublishedSegment, type SegmentDocument } from '@touchpoint/segments';
import { watchedBy, type Watch } from './segment-watch.ts';

/** Version of what this code decides. Raised when it would decide otherwise on the same inputs; it then takes effect by a control record of its own. */
export const ENGINE_VERSION = '1';

/** A published set, ready to decide by. */
export type Published = Readonly<{
  setNumber: number;
  engineVersion: string;
  journeys: ReadonlyMap<string, Journey>;
  templates: ReadonlyMap<string, TemplateDocument>;
  /** Journeys by the event that starts them, in the order of their ids. */
  entries: ReadonlyMap<string, readonly Journey[]>;
  /** The events that can start, move or end a run. */
  watched: ReadonlySet<string>;
  /** Each behind those that it looks at. */
  segments: readonly PublishedSegment[];
  /** Which segments what happens may move a customer into or out of. */
  watch: Watch;
  /** What is kept of each customer for measures of events, by the event that counts. */
  trackers: ReadonlyMap<string, readonly Tracker[]>;
  /** Their keys. */
  keys: ReadonlySet<string>;
  /** Paths of the traits that are asked for. */
  traits: readonly string[];
  /** What each event measure in a condition of this set comes down to. */
  measures: ReadonlyMap<EventMeasure, CompiledMeasure>;
  /** The number of the newest set whose segments count: all that their measures need is there. A later set's new segments wait for `SegmentsLive`. */
  live: number;
}>;

type Recorded = Pick<JourneysPublished['data'], 'setNumber' | 'engineVersion' | 'journeys' | 'templates' | 'segments' | 'measures'>;

/** A control record, made ready once. What it holds was checked before it was published (`publicationChecker`). @param live see `Published` */
export const publishedOf = ({ setNumber, engineVersion, journeys, templates, segments, measures: since }: Recorded, live = 0): Published => {
  const compiled = (JSON.parse(journeys) as readonly JourneyDocument[]).map(compileJourney).sort((a, b) => (a.document.id < b.document.id ? -1 : 1));
  const { order } = inOrder(JSON.parse(segments) as readonly PublishedSegment[]);
  const entries = new Map<string, Journey[]>();
  for (const journey of compiled) {
    const { event } = journey.document.entry;
    entries.set(event, [...(entries.get(event) ?? []), journey]);
  }
  const kept = keptOf(since);
  const conditions = conditionsIn(compiled.map(({ document }) => document), order);
  const measures = measuresIn(conditions, (digest) => `${digest}.${kept[digest] ?? setNumber}`);
  return {
    setNumber,
    engineVersion,
    journeys: new Map(compiled.map((journey) => [journey.document.id, journey])),
    templates: new Map((JSON.parse(templates) as readonly TemplateDocument[]).map((template) => [template.id, template])),
    entries,
    // Segments are entered and left within a decision: the facts that say so are outputs, and not read again.
    watched: new Set(compiled.flatMap(({ watched }) => [...watched]).filter((event) => !(SEGMENT_EVENTS as readonly string[]).includes(event))),
    segments: order,
    watch: watchedBy(order, measures),
    trackers: byEvent([...measures.values()].flatMap(trackersOf)),
    keys: new Set([...measures.values()].flatMap(trackersOf).map(({ key }) => key)),
    traits: traitsIn(conditions),
    measures,
    live,
  };
};

const conditionsIn = (journeys: readonly JourneyDocument[], segments: readonly SegmentDocument[]): readonly Condition[] => [...journeys.flatMap(conditionsOf), ...segments.map(({ when }) => when)];
const measuresIn = (conditions: readonly Condition[], keyOf?: (digest: string) => string): ReadonlyMap<EventMeasure, CompiledMeasure> =>
  new Map(conditions.flatMap((condition) => leavesOf(condition).flatMap(([leaf]) => ('did' in leaf ? [[leaf.did, compileMeasure(leaf.did, keyOf)] as const] : []))));
const traitsIn = (conditions: readonly Condition[]): readonly string[] => [...new Set(conditions.flatMap((condition) => leavesOf(condition).flatMap(([leaf]) => ('trait' in leaf ? [leaf.trait] : []))))].sort();

/** The set since which the series of a key are kept. */
export const sinceOf = (key: string): number => Number(key.slice(key.indexOf('.') + 1));

/** What is kept of each customer for a set's conditions (digests of trackers, `trait:` and a path), with the number of the set since which it is. */
export type KeptSince = Readonly<Record<string, number>>;
export const TRAIT = 'trait:';
export const keptOf = (measures: JsonText | null): KeptSince => JSON.parse(measures ?? '{}') as KeptSince;
/** What a set's conditions need. What stood in the set before is kept since then; what was not, or was once, begins anew. */
export const keptSince = (journeys: readonly JourneyDocument[], segments: readonly SegmentDocument[], before: KeptSince, setNumber: number): KeptSince => {
  const conditions = conditionsIn(journeys, segments);
  const names = [...[...measuresIn(conditions).values()].flatMap(trackersOf).map(({ key }) => key), ...traitsIn(conditions).map((path) => TRAIT + path)];
  return Object.fromEntries([...new Set(names)].sort().map((name) => [name, before[name] ?? setNumber]));
};

/** One of each key. */
const byEvent = (trackers: readonly Tracker[]): ReadonlyMap<string, readonly Tracker[]> => Map.groupBy(new Map(trackers.map((tracker) => [tracker.key, tracker])).values(), ({ event }) => event);

/** Before the first set: measures and consent are folded, nothing is decided. */
export const NOTHING_PUBLISHED: Published = publishedOf({ setNumber: 0, engineVersion: ENGINE_VERSION, journeys: '[]' as JsonText, templates: '[]' as JsonText, segments: '[]' as JsonText, measures: null });
