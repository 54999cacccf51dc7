/** Two halves of a hash of 63 bits: of ten million keys two share one in five of a million imports. */
const hash = (key: string, into: Uint32Array): void => {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  into[0] = a;
  // Never zero in both halves: that is a free slot.
  into[1] = b | 1;
};

const SMALLEST = 1 << 12;
type Table = { slots: Uint32Array; count: number };
const table = (size: number): Table => ({ slots: new Uint32Array(size * 2), count: 0 });

/** The slot of a hash, or the free one where it belongs. */
const slotOf = ({ slots }: Table, high: number, low: number): number => {
  const size = slots.length / 2;
  let slot = high % size;
  while (slots[slot * 2 + 1] !== 0 && (slots[slot * 2] !== high || slots[slot * 2 + 1] !== low)) slot = (slot + 1) % size;
  return slot;
};
const put = (into: Table, high: number, low: number): void => {
  const slot = slotOf(into, high, low);
  if (into.slots[slot * 2 + 1] === 0) into.count++;
  into.slots[slot * 2] = high;
  into.slots[slot * 2 + 1] = low;
};
const grown = (from: Table): Table => {
  const into = table(from.slots.length);
  for (let at = 0; at < from.slots.length; at += 2) if (from.slots[at + 1] !== 0) put(into, from.slots[at]!, from.slots[at + 1]!);
  return into;
};

/**
 * Remembers keys by their hashes: at least the last `most` of them, at most twice as many, in at most 32 bytes each. A key that comes again after that is
 * not noticed here; the system then finds the same messageId with another body and parks it as a conflict.
 */
export class KeyMemory {
  readonly #most: number;
  readonly #hash = new Uint32Array(2);
  #current = table(SMALLEST);
  #before: Table | undefined;

  constructor(most = 500_000) {
    this.#most = most;
  }

  has(key: string): boolean {
    hash(key, this.#hash);
    const [high = 0, low = 0] = this.#hash;
    return [this.#current, this.#before].some((one) => one !== undefined && one.slots[slotOf(one, high, low) * 2 + 1] !== 0);
  }

  add(key: string): void {
    if (this.#current.count >= this.#most) {
      this.#before = this.#current;
      this.#current = table(SMALLEST);
    }
    if (this.#current.count * 4 >= this.#current.slots.length) this.#current = grown(this.#current);
    hash(key, this.#hash);
    put(this.#current, this.#hash[0]!, this.#hash[1]!);
  }
}
