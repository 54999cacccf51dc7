import type { CustomerId, SourceKey } from '@touchpoint/kernel';
import type { ResolvableEvent } from './resolution.ts';
import { strongest, type EventSource } from './source.ts';

/**
 * What a `LinkBook` must know before it resolves these events: the links of these keys; these customers and those that the links name; and every
 * survivor of them up to the root. Each once, in order: whoever locks what it loads locks in one order.
 */
export const wanted = (events: Iterable<Pick<ResolvableEvent, 'sources' | 'link'>>): Readonly<{ keys: readonly SourceKey[]; customerIds: readonly CustomerId[] }> => {
  const keys = new Set<SourceKey>();
  const customerIds = new Set<CustomerId>();
  const add = (source: EventSource) => (source.kind === 'customer' ? customerIds.add(source.customerId) : keys.add(source.key));
  for (const { sources, link } of events) {
    const decider = link === 'none' ? strongest(sources) : undefined;
    if (decider) add(decider);
    else sources.forEach(add);
  }
  return { keys: [...keys].sort(), customerIds: [...customerIds].sort() };
};
