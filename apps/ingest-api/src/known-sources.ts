import { partitionOf, type SourceKey, type SourceKind } from '@touchpoint/kernel';
import type { SourceRef } from '@touchpoint/contracts';
import type { SourceKeys } from '@touchpoint/vault';
import { LabelledSources } from './labelled-sources.ts';

/** 8 MB: enough for a few hundred thousand customers that come and go. */
const PLACES = 2 ** 20;

/** A source id met of late. */
export type KnownSource = {
  readonly key: SourceKey;
  readonly partition: number;
  /** How it stands in an event's meta when its clear value is not sent along. */
  readonly plain: SourceRef;
  /** Whether its sealed clear value went out and was acknowledged. */
  labelled: boolean;
};

/**
 * Source ids and what is known of them, at most `max`, in memory only: they are personal. Two generations, so that those in use stay and a hit is one or
 * two look-ups.
 */
export class KnownSources {
  readonly #keys: SourceKeys;
  readonly #partitions: number;
  readonly #half: number;
  readonly #labelled: LabelledSources;
  #young = new Map<string, KnownSource>();
  #old = new Map<string, KnownSource>();

  constructor(keys: SourceKeys, partitions: number, max: number, labelled = new LabelledSources(PLACES)) {
    this.#keys = keys;
    this.#labelled = labelled;
    this.#partitions = partitions;
    this.#half = Math.max(1, Math.floor(max / 2));
  }

  /** @param kind of a source id, or of an address that is no source id: a push token */
  get(kind: SourceKind | 'token', value: string): KnownSource {
    const id = `${kind}:${value}`;
    const young = this.#young.get(id);
    if (young) return young;
    const found = this.#old.get(id) ?? this.#learn(kind as SourceKind, value);
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(id, found);
    return found;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  #learn(kind: SourceKind, value: string): KnownSource {
    const key = this.#keys.keyOf(kind, value);
    return { key, partition: partitionOf(key, this.#partitions), plain: { kind, key, label: null }, labelled: this.#labelled.has(key) };
  }

  /** Its label is on the log. */
  markLabelled(source: KnownSource): void {
    source.labelled = true;
    this.#labelled.add(source.key);
  }
}
