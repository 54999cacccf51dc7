import { NO_ZONE, type Outlook, type Sight, type Value } from '@touchpoint/conditions';
import { consentAnswer, suppressionOf } from '@touchpoint/consent';
import type { Instant } from '@touchpoint/kernel';
import { measureAt, measureChanges, type SeriesOf } from '@touchpoint/measures';
import { latestOf } from './app-context.ts';
import { reachable } from './contact-points.ts';
import { measureChange, measureValue } from './measures.ts';
import type { Published } from './published.ts';
import { partsOf, type CustomerState } from './state.ts';

/** What conditions of a set see of a customer, over all timelines that it consists of. `event` gives the properties of the event at hand. */
export const sightOf = (state: CustomerState, at: Instant, { measures }: Published, event: (path: string) => Value): Sight => {
  const parts = partsOf(state);
  const seriesOf = seriesIn(state);
  return {
    at,
    zone: latestOf(parts.map(({ context }) => context), 'app.timeZone') ?? NO_ZONE,
    event,
    measure: (name) => measureValue(parts, name, at),
    trait: (path) => latestOf(parts.map(({ traits }) => traits), path) ?? undefined,
    did: (measure) => {
      const compiled = measures.get(measure);
      return compiled && measureAt(compiled, seriesOf, at);
    },
    member: (segment) => state.segments[segment]?.since !== undefined,
    consent: (channel, purpose) => consentAnswer(parts, channel, purpose),
    reachable: (channel) => reachable(parts.map(({ contacts }) => contacts), channel).some(({ id }) => !suppressionOf(parts, id)),
  };
};

const seriesIn = (state: CustomerState): SeriesOf => {
  const parts = partsOf(state);
  return (key) => parts.flatMap(({ series }) => series[key] ?? []);
};

const noEvent = (): Value => undefined;

/** What conditions of a set will see of a customer to whom nothing happens. */
export const outlookOf = (state: CustomerState, published: Published): Outlook => {
  const parts = partsOf(state);
  const seriesOf = seriesIn(state);
  return {
    sightAt: (at) => sightOf(state, at, published, noEvent),
    changes: (leaf, at) => ('did' in leaf ? measureChanges(published.measures.get(leaf.did)!, seriesOf, at) : measureChange(parts, leaf.measure, at)),
  };
};
