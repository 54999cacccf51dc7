type Generation<K, V> = { readonly entries: Map<K, V>; readonly born: number };

/** `ttlMs` and `now` together: nothing stays longer than `ttlMs` after it was set, used or not. */
export type CacheOptions = Readonly<{ max: number; ttlMs?: number; now?: () => number }>;

/**
 * Holds at most `max` entries, in two generations, so that a hit is one look-up and nothing is reordered. Without a time to live
 * the used entries are kept rather than the unused; with one, all go when their time is over, and a used one is fetched again.
 */
export class BoundedCache<K, V> {
  readonly #half: number;
  readonly #ttlMs: number;
  readonly #now: () => number;
  #young: Generation<K, V>;
  #old: Generation<K, V>;

  constructor({ max, ttlMs = Infinity, now = () => 0 }: CacheOptions) {
    this.#half = Math.max(1, Math.floor(max / 2));
    this.#ttlMs = ttlMs;
    this.#now = now;
    this.#young = { entries: new Map(), born: now() };
    this.#old = { entries: new Map(), born: -Infinity };
  }

  get size(): number {
    return this.#young.entries.size + this.#old.entries.size;
  }

  get(key: K): V | undefined {
    this.expire();
    const young = this.#young.entries.get(key);
    if (young !== undefined) return young;
    const old = this.#old.entries.get(key);
    if (old !== undefined && this.#ttlMs === Infinity) this.set(key, old);
    return old;
  }

  set(key: K, value: V): void {
    this.expire();
    this.#old.entries.delete(key);
    if (this.#young.entries.size >= this.#half && !this.#young.entries.has(key)) this.#turn();
    this.#young.entries.set(key, value);
  }

  /** Lets go of what is too old. A generation takes entries for half of the time to live, and is gone at its end. */
  expire(): void {
    if (this.#ttlMs === Infinity) return;
    const now = this.#now();
    if (now - this.#young.born >= this.#ttlMs / 2) this.#turn();
    if (now - this.#old.born >= this.#ttlMs) this.#old.entries.clear();
  }

  clear(): void {
    this.#young.entries.clear();
    this.#old.entries.clear();
  }

  #turn(): void {
    this.#old = this.#young;
    this.#young = { entries: new Map(), born: this.#now() };
  }
}
