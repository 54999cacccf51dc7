import type { JourneysPublished } from '@touchpoint/contracts';
import { compileJourney, type Journey, type JourneyDocument } from '@touchpoint/journeys';
import type { TemplateDocument } from '@touchpoint/messaging';

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
}>;

/** Before the first set: measures and consent are folded, nothing is decided. */
export const NOTHING_PUBLISHED: Published = { setNumber: 0, engineVersion: ENGINE_VERSION, journeys: new Map(), templates: new Map(), entries: new Map(), watched: new Set() };

/** A control record, made ready once. What it holds was checked before it was published (`checkPublication`). */
export const publishedOf = ({ setNumber, engineVersion, journeys, templates }: Pick<JourneysPublished['data'], 'setNumber' | 'engineVersion' | 'journeys' | 'templates'>): Published => {
  const compiled = (JSON.parse(journeys) as readonly JourneyDocument[]).map(compileJourney).sort((a, b) => (a.document.id < b.document.id ? -1 : 1));
  const entries = new Map<string, Journey[]>();
  for (const journey of compiled) {
    const { event } = journey.document.entry;
    entries.set(event, [...(entries.get(event) ?? []), journey]);
  }
  return {
    setNumber,
    engineVersion,
    journeys: new Map(compiled.map((journey) => [journey.document.id, journey])),
    templates: new Map((JSON.parse(templates) as readonly TemplateDocument[]).map((template) => [template.id, template])),
    entries,
    watched: new Set(compiled.flatMap(({ watched }) => [...watched])),
  };
};
