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
 * `isPersonal`; 'redact': what is personal is left out, since its source was erased.
 */
export const sealInPlace = (incoming: Incoming, seal: ((clear: string) => Sealed) | 'redact', keyOf: (keyed: Keyed) => SourceKey): Loose => {
  const data = incoming.data as Loose;
  const { sealed, keyed } = marks(incoming.type);
  for (let i = 0; i < sealed.length; i++) if (seal === 'redact') redact(data, sealed[i]!); else change(data, sealed[i]!, seal as (value: unknown) => unknown);
  for (let i = 0; i < keyed.length; i++) change(data, keyed[i]!, keyOf as (value: unknown) => unknown);
  return data;
};

/** A value becomes null; of a list, which holds nothing but personal items, none is left. */
const redact = (data: Loose, path: MarkPath): void => {
  if (path[1] === '[]') data[path[0]] = [];
  else change(data, path, () => null);
};

const change = (data: Loose, [first, second, third]: MarkPath, to: (value: unknown) => unknown): void => {
  const at = data[first];
  if (at === null) return;
  if (second === undefined) data[first] = to(at);
  else if (second === '[]') for (const item of at as Loose[]) item[third!] = to(item[third!]);
  else if ((at as Loose)[second] !== null) data[first] = { ...(at as Loose), [second]: to((at as Loose)[second]) };
};
