import type { IdentitiesLinked, TraitsSet } from '@touchpoint/contracts';
import type { Instant, Recorded, SourceKey, SourceKind } from '@touchpoint/kernel';
import { namedEntries, readModel, type Entries } from './read-model.ts';
import { base64Of } from './sealed.ts';

/** A trait as it was stated last. null: it was taken back. */
export type Trait<V = unknown> = Readonly<{ at: Instant; value: V | null }>;
/** A source as it was first seen. `label` is the sealed clear value in base64, empty where there is none. */
export type SeenSource = Readonly<{ at: Instant; kind: SourceKind; label: string }>;

const NO_LABEL = '';

const seenSources = ({ meta }: Recorded, linked?: readonly Readonly<{ kind: SourceKind; key: SourceKey }>[]): Entries<SeenSource> => {
  const seen = namedEntries<SeenSource>();
  for (const { kind, key } of linked ?? meta.sources) {
    if (kind === 'customer') continue;
    const label = meta.sources.findLast((source) => source.key === key)?.label;
    seen[key] = { at: meta.occurredAt, kind, label: label ? base64Of(label) : NO_LABEL };
  }
  return seen;
};

const traitsOf = ({ traits, removed }: TraitsSet['data'], at: Instant): Entries<Trait> =>
  Object.fromEntries([
    ...removed.map((name) => [name, { at, value: null }] as const),
    ...Object.entries(traits === null ? {} : (JSON.parse(traits) as Record<string, unknown>)).map(([name, value]) => [name, { at, value }] as const),
  ]);

const personalOf = ({ email, phone, personal, removed }: TraitsSet['data'], at: Instant): Entries<Trait<string>> =>
  Object.fromEntries([
    ...removed.map((name) => [name, { at, value: null }] as const),
    ...personal.map(({ name, value }) => [name, { at, value: base64Of(value) }] as const),
    ...(email ? [['email', { at, value: base64Of(email) }] as const] : []),
    ...(phone ? [['phone', { at, value: base64Of(phone) }] as const] : []),
  ]);

/** Who the customer is, as far as publishers said. Written only when something was said: what every event changes is in `activity`. */
export const profile = readModel<TraitsSet | IdentitiesLinked>()({
  name: 'profile',
  version: 1,
  doc: 'Who the customer is: traits and the sources it is known by. One row per customer.',
  key: {},
  columns: {
    traits: { type: 'json', merge: 'keys', doc: 'Traits that are not personal: name → { at, value }. value null: taken back.' },
    personal: { type: 'json', merge: 'keys', personal: true, doc: 'Personal traits: name → { at, value }. value: sealed, in base64; null: taken back. email and phone are clear text under the seal, all others JSON.' },
    sources: { type: 'json', merge: 'firstKeys', personal: true, doc: 'Sources that were linked to it: source key → { at (first), kind, label }. label: sealed, in base64; empty: there is none.' },
    updatedAt: { type: 'instant', merge: 'max', doc: 'When a trait was stated last.' },
  },
  folds: (put) => ({
    on: {
      TraitsSet: ({ data }, recorded) => {
        const at = recorded.meta.occurredAt;
        return [put({}, { traits: traitsOf(data, at), personal: personalOf(data, at), sources: seenSources(recorded), updatedAt: at })];
      },
      IdentitiesLinked: ({ data }, recorded) => [put({}, { sources: seenSources(recorded, data.linked) })],
    },
  }),
});
