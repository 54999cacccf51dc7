import type { SourceKey } from '@touchpoint/kernel';

/**
 * Which source keys were labelled of late: a table of a fixed size in which a newer key takes an older one's place. What is forgotten is labelled once more;
 * nothing is taken for labelled that was not (but for two keys that agree in 64 bits). 8 bytes a place: far more keys fit than into a Map.
 */
export class LabelledSources {
  readonly #slots: Uint32Array;
  readonly #mask: number;

  /** @param places a power of two */
  constructor(places: number) {
    if (places < 2 || (places & (places - 1)) !== 0) throw new Error('the number of places is a power of two');
    this.#slots = new Uint32Array(places * 2);
    this.#mask = places - 1;
  }

  has(key: SourceKey): boolean {
    const at = this.#placeOf(key);
    return this.#slots[at] === word(key, 8) && this.#slots[at + 1] === marked(word(key, 16));
  }

  add(key: SourceKey): void {
    const at = this.#placeOf(key);
    this.#slots[at] = word(key, 8);
    this.#slots[at + 1] = marked(word(key, 16));
  }

  #placeOf(key: SourceKey): number {
    return (word(key, 0) & this.#mask) * 2;
  }
}

/** Eight of a key's hex characters, as a number. */
const word = (key: SourceKey, start: number): number => {
  let value = 0;
  for (let i = start; i < start + 8; i++) {
    const unit = key.charCodeAt(i);
    value = (value << 4) | (unit < 0x3a ? unit - 0x30 : unit - 0x57);
  }
  return value >>> 0;
};
/** A place that is empty holds zeros, and no key may look like that. */
const marked = (value: number): number => (value | 1) >>> 0;
