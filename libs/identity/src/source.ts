import { SOURCE_KINDS, type CustomerId, type Source, type SourceKey, type SourceKind } from '@touchpoint/kernel';

/** The kinds of source id that are linked to a customer. `customer` is none of them: it names the customer itself. */
export type LinkableKind = Exclude<SourceKind, 'customer'>;

/** One source of an event, as the rule looks at it. A customer is given by its id: no link stands between. */
export type EventSource = Readonly<{ kind: LinkableKind; key: SourceKey }> | Readonly<{ kind: 'customer'; customerId: CustomerId }>;

/**
 * The source key of `customer:<id>`: the id's own 16 bytes. It needs no HMAC, a customer id is personal to nobody; and the resolver can read
 * the id back from the key alone.
 */
export const customerSourceKey = (customerId: CustomerId): SourceKey => customerId.replaceAll('-', '') as SourceKey;
export const customerOfSourceKey = (key: SourceKey): CustomerId => `${key.slice(0, 8)}-${key.slice(8, 12)}-${key.slice(12, 16)}-${key.slice(16, 20)}-${key.slice(20)}` as CustomerId;

/** A record's sources as the rule looks at them. The same array where no customer is among them, as with nearly all events. */
export const eventSources = (sources: readonly Omit<Source, 'label'>[]): readonly EventSource[] =>
  sources.some(({ kind }) => kind === 'customer')
    ? sources.map(({ kind, key }) => (kind === 'customer' ? { kind, customerId: customerOfSourceKey(key) } : { kind, key }))
    : (sources as readonly EventSource[]);

const STRENGTH: Readonly<Record<SourceKind, number>> = Object.fromEntries([...SOURCE_KINDS.map((kind, i) => [kind, i]), ['customer', -1]]) as Record<SourceKind, number>;

/** `user` and `customer` say who it is; all others only where it came from. */
export const isStrong = ({ kind }: EventSource): boolean => STRENGTH[kind] <= 0;

/** Strongest first: customer, user, email, phone, device, anonymous; the publisher's order within a kind. */
export const byStrength = (sources: readonly EventSource[]): readonly EventSource[] => sources.toSorted((a, b) => STRENGTH[a.kind] - STRENGTH[b.kind]);

/** The source that says who it is, if there is one: a customer before a user. */
export const strongest = (sources: readonly EventSource[]): EventSource | undefined => {
  let found: EventSource | undefined;
  for (const source of sources) {
    if (source.kind === 'customer') return source;
    if (source.kind === 'user') found ??= source;
  }
  return found;
};
