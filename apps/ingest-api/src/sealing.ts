import type { Keyed, Incoming, MarkPath } from '@touchpoint/intake';
import { marks } from '@touchpoint/intake';
import type { Sealed, SourceKey } from '@touchpoint/kernel';

type Loose = Record<string, unknown>;

/** Whether a message holds anything personal. */
export const isPersonal = (incoming: Incoming): boolean => {
  const data = incoming.data as Loose;
  for (const [first, second] of marks(incoming.type).sealed) {
    const at = data[first];
    if (second === '[]' ? (at as readonly unknown[]).length > 0 : at !== null) return true;
  }
  return false;
};

/**
 * Seals what is personal in a message and keys its contact points, in place: the data was made for this one record. `seal` is asked only where
 * `isPersonal`.
 */
export const sealInPlace = (incoming: Incoming, seal: (clear: string) => Sealed, keyOf: (keyed: Keyed) => SourceKey): Loose => {
  const data = incoming.data as Loose;
  const { sealed, keyed } = marks(incoming.type);
  for (let i = 0; i < sealed.length; i++) change(data, sealed[i]!, seal as (value: unknown) => unknown);
  for (let i = 0; i < keyed.length; i++) change(data, keyed[i]!, keyOf as (value: unknown) => unknown);
  return data;
};

const change = (data: Loose, [first, second, third]: MarkPath, to: (value: unknown) => unknown): void => {
  const at = data[first];
  if (at === null) return;
  if (second === undefined) data[first] = to(at);
  else if (second === '[]') for (const item of at as Loose[]) item[third!] = to(item[third!]);
  else if ((at as Loose)[second] !== null) data[first] = { ...(at as Loose), [second]: to((at as Loose)[second]) };
};
