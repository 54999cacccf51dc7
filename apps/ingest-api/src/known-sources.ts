import { partitionOf, type SourceKey, type SourceKind } from '@touchpoint/kernel';
import type { SourceRef } from '@touchpoint/contracts';
import type { SourceKeys } from '@touchpoint/vault';
import { LabelledSources } from './labelled-sources.ts';

/** In UTF-16 units: every source id there may be. A push token may be sixteen times as long, and who holds a public key chooses it. */
const LONGEST = 256;

/** 8 MB: enough for a few hundred thousand customers that come and go. */
const PLACES = 2 ** 20;

/** The clear values of these are sent along, sealed, now and then: whoever may see them can tell a customer's ids. Others name nobody. */
const LABELLED: readonly string[] = ['user', 'email', 'phone'] satisfies SourceKind[];

/** A source id met of late. */
export type KnownSource = {
  readonly key: SourceKey;
  readonly partition: number;
  /** How it stands in an event's meta when its clear value is not sent along. */
  readonly plain: SourceRef;
  /** Whether its clear value is to be sent along: until it went out, sealed, and was acknowledged. */
  needsLabel: boolean;
};

type Kind = SourceKind | 'token';
type Generation = { readonly byKind: Map<Kind, Map<string, KnownSource>>; size: number };

/**
 * Source ids and what is known of them, at most `max`, each of at most 256 characters, in memory only: they are personal. What is longer is worked out anew. Two generations, so that those in use stay and a hit is one or
 * two look-ups; by kind, so that no text has to be put together for it.
 */
export class KnownSources {
  readonly #keys: SourceKeys;
  readonly #partitions: number;
  readonly #half: number;
  readonly #labelled: LabelledSources;
  #young: Generation = { byKind: new Map(), size: 0 };
  #old: Generation = { byKind: new Map(), size: 0 };

  constructor(keys: SourceKeys, partitions: number, max: number, labelled = new LabelledSources(PLACES)) {
    this.#keys = keys;
    this.#labelled = labelled;
    this.#partitions = partitions;
    this.#half = Math.max(1, Math.floor(max / 2));
  }

  /** @param kind of a source id, or of an address that is no source id: a push token */
  get(kind: Kind, value: string): KnownSource {
    if (value.length > LONGEST) return this.#learn(kind as SourceKind, value);
    const known = this.#young.byKind.get(kind)?.get(value);
    if (known) return known;
    const found = this.#old.byKind.get(kind)?.get(value) ?? this.#learn(kind as SourceKind, value);
    this.#keep(kind, value, found);
    return found;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #keep(kind: Kind, value: string, source: KnownSource): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = { byKind: new Map(), size: 0 };
    }
    let ofKind = this.#young.byKind.get(kind);
    if (!ofKind) this.#young.byKind.set(kind, (ofKind = new Map()));
    ofKind.set(value, source);
    this.#young.size += 1;
  }

  #learn(kind: SourceKind, value: string): KnownSource {
    const key = this.#keys.keyOf(kind, value);
    return { key, partition: partitionOf(key, this.#partitions), plain: { kind, key, label: null }, needsLabel: LABELLED.includes(kind) && !this.#labelled.has(key) };
  }

  /** Its label is on the log. */
  markLabelled(source: KnownSource): void {
    source.needsLabel = false;
    this.#labelled.add(source.key);
  }
}
