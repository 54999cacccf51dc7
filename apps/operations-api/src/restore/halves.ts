import type { CustomerSplit } from '@touchpoint/contracts';
import type { LinkFact } from '@touchpoint/identity';
import { derivedId, type CustomerId, type Link, type Meta } from '@touchpoint/kernel';
import type { FoundPlace } from './findings.ts';

type Merge = Readonly<{ meta: Meta; survivorId: CustomerId; absorbedId: CustomerId; by: Link }>;
type Split = Readonly<{ meta: Meta; on: CustomerId; data: CustomerSplit['data'] }>;
type Told = Readonly<{ type: 'CustomerAbsorbed' | 'CustomerMerged'; data: LinkFact['data'] } | { type: 'CustomerSplit'; data: CustomerSplit['data'] }>;
/** A fact that was decided and never sent: what to put on whose timeline, and what it makes of the customer that it is about. */
export type Missing = Told & Readonly<{ timeline: CustomerId; meta: Meta; place: FoundPlace }>;
type Half = Readonly<{ side: string; missing: Missing }>;

/** Of one cause: its publisher does not stand in a fact, its source and its id do. */
const causeOf = ({ causationId, sources }: Meta): string => `${causationId} ${sources[0]?.key}`;

/**
 * Facts that an act puts on two timelines. A process that died between the two sends has told one half: the other follows from it, word for word. Kept until its
 * counterpart is met; what is left in the end is to be sent.
 */
export class Halves {
  readonly #waiting = new Map<string, Half>();
  readonly #completed = new Set<string>();
  /** Customers whose sets have changed. */
  readonly customers = new Set<CustomerId>();

  absorbed({ meta, survivorId, absorbedId, by }: Merge): void {
    const data = { customerId: survivorId, absorbedId, by };
    this.#meet(`merge ${causeOf(meta)} ${absorbedId}`, 'absorbed', { type: 'CustomerMerged', data: data as never, timeline: survivorId, meta, place: { customerId: absorbedId, survivorId } });
  }

  merged({ meta, survivorId, absorbedId, by }: Merge): void {
    const data = { customerId: absorbedId, survivorId, by };
    this.#meet(`merge ${causeOf(meta)} ${absorbedId}`, 'merged', { type: 'CustomerAbsorbed', data: data as never, timeline: absorbedId, meta, place: { customerId: absorbedId, survivorId } });
  }

  split({ meta, on, data }: Split): void {
    const { memberId, customerId } = data;
    this.#meet(`split ${causeOf(meta)} ${memberId}`, on, { type: 'CustomerSplit', data, timeline: on === memberId ? customerId : memberId, meta, place: { customerId: memberId, survivorId: null } });
  }

  /** A record by which a restore made something whole: its id says of what. */
  completed({ messageId }: Meta): void {
    this.#completed.add(messageId);
  }

  /** What was never sent. The same whenever it is asked, ids too. */
  get missing(): readonly Missing[] {
    return [...this.#waiting.values()]
      .map(({ missing }) => ({ ...missing, meta: { ...missing.meta, messageId: derivedId('restored', missing.meta.messageId) } }))
      .filter(({ meta }) => !this.#completed.has(meta.messageId));
  }

  #meet(name: string, side: string, missing: Missing): void {
    this.customers.add(missing.place.customerId);
    if (missing.type === 'CustomerSplit') this.customers.add(missing.data.customerId);
    else if (missing.place.survivorId !== null) this.customers.add(missing.place.survivorId);
    const there = this.#waiting.get(name);
    if (!there) this.#waiting.set(name, { side, missing });
    else if (there.side !== side) this.#waiting.delete(name);
  }
}
