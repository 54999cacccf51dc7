import type { Sight, Value } from '@touchpoint/conditions';
import { consentAnswer, suppressionOf } from '@touchpoint/consent';
import type { Instant } from '@touchpoint/kernel';
import { reachable } from './contact-points.ts';
import { isMeasure, measured } from './measures.ts';
import { partsOf, type CustomerState } from './state.ts';

/** What conditions see of a customer, over all timelines that it consists of. `event` gives the properties of the event at hand. */
export const sightOf = (state: CustomerState, at: Instant, event: (path: string) => Value): Sight => {
  const parts = partsOf(state);
  return {
    at,
    event,
    measure: (name) => (isMeasure(name) ? measured(parts.map(({ measures }) => measures), name) : undefined),
    consent: (channel, purpose) => consentAnswer(parts, channel, purpose),
    reachable: (channel) => reachable(parts.map(({ contacts }) => contacts), channel).some(({ id }) => !suppressionOf(parts, id)),
  };
};
