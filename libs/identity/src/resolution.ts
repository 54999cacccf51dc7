import type { CustomerAbsorbed, CustomerErased, CustomerMerged, CustomerSplit, IdentitiesLinked } from '@touchpoint/contracts';
import { derivedId, type CustomerId, type Instant, type Link } from '@touchpoint/kernel';
import type { LinkRow } from './links.ts';
import type { EventSource } from './source.ts';

/** Which event it is: what its dedup goes by. Facts take their ids from it. */
export type Cause = Readonly<{ publisher: string; messageId: string }>;

/** What the rule needs of an event. The first source is its primary one. */
export type ResolvableEvent = Cause & Readonly<{ sources: readonly EventSource[]; link: Link; occurredAt: Instant }>;

/** A fact to record on the timeline of `timeline`. The same event gives the same id, so a repeat is a repeat. */
export type Fact<M extends LinkFact | CustomerSplit | CustomerErased = LinkFact> = M & Readonly<{ id: string; timeline: CustomerId }>;
export type LinkFact = IdentitiesLinked | CustomerAbsorbed | CustomerMerged;

export type Merge = Readonly<{ survivor: CustomerId; absorbed: CustomerId }>;

/** Whose event it is, and what it changed. Facts are in the order in which they are to be recorded, before the event itself. */
export type Resolution = Readonly<{ customerId: CustomerId; links: readonly LinkRow[]; merges: readonly Merge[]; facts: readonly Fact[] }>;

export const factId = ({ publisher, messageId, sources: [primary] }: Cause & Readonly<{ sources: readonly EventSource[] }>, type: string, ...about: readonly string[]): string =>
  derivedId('identity', type, publisher, primary === undefined ? '' : primary.kind === 'customer' ? primary.customerId : primary.key, messageId, ...about);
