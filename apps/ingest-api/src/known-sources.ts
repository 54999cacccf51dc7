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
  /** Whether its clear value is ever sent along: it is an id or an address that somebody goes by. */
  readonly mayHaveLabel: boolean;
  /** Whether its clear value is to be sent along: until it went out, sealed, and was acknowledged. */
  needsLabel: boolean;
};

type Kind = SourceKind | 'token';
type Place = Readonly<{ kind: Kind; value: string; source: KnownSource }>;

/** FNV-1a over UTF-16 units: only where a text is remembered hangs on it. */
const placeOf = (kind: Kind, value: string): number => {
  let h = kind.charCodeAt(0) ^ 0x811c9dc5;
  for (let i = 0; i < value.length; i++) h = Math.imul(h ^ value.charCodeAt(i), 0x01000193);
  return h ^ (h >>> 15);
};

/**
 * Source ids met of late and what is known of them, at most `max`, each of at most 256 characters, in memory only: they are personal. What is longer is worked
 * out anew. A newer id takes the place of an older one: a look-up is one, and nothing grows or is reordered.
 */
export class KnownSources {
  readonly #keys: SourceKeys;
  readonly #partitions: number;
  readonly #places: (Place | undefined)[];
  readonly #labelled: LabelledSources;

  /** @param max rounded down to a power of two */
  constructor(keys: SourceKeys, partitions: number, max: number, labelled = new LabelledSources(PLACES)) {
    this.#keys = keys;
    this.#labelled = labelled;
    this.#partitions = partitions;
    this.#places = Array.from({ length: 2 ** Math.floor(Math.log2(max)) }, () => undefined);
  }

  /** @param kind of a source id, or of an address that is no source id: a push token */
  get(kind: Kind, value: string): KnownSource {
    if (value.length > LONGEST) return this.#learn(kind as SourceKind, value);
    const at = placeOf(kind, value) & (this.#places.length - 1);
    const place = this.#places[at];
    if (place !== undefined && place.value === value && place.kind === kind) return place.source;
    const source = this.#learn(kind as SourceKind, value);
    this.#places[at] = { kind, value, source };
    return source;
  }

  get size(): number {
    return this.#places.filter((place) => place !== undefined).length;
  }

  #learn(kind: SourceKind, value: string): KnownSource {
    const key = this.#keys.keyOf(kind, value);
    const mayHaveLabel = LABELLED.includes(kind);
    return { key, partition: partitionOf(key, this.#partitions), plain: { kind, key, label: null }, mayHaveLabel, needsLabel: mayHaveLabel && !this.#labelled.has(key) };
  }

  /** Its label is on the log. */
  markLabelled(source: KnownSource): void {
    source.needsLabel = false;
    this.#labelled.add(source.key);
  }
}
