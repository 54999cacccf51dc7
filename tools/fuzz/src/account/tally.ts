/** What became of inputs, by reason; and of which nobody knows what became. */
export class Tally {
  readonly #fates = new Map<string, number>();
  readonly examples: string[] = [];
  unaccounted = 0;

  /** @param fate refused, parked, dropped or accepted, and why */
  count(fate: string, by = 1): void {
    this.#fates.set(fate, (this.#fates.get(fate) ?? 0) + by);
  }

  missing(what: string, by = 1): void {
    this.unaccounted += by;
    if (this.examples.length < 20) this.examples.push(what);
  }

  get fates(): readonly (readonly [fate: string, count: number])[] {
    return [...this.#fates].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** Of all fates that begin so. */
  of(kind: string): number {
    return this.fates.reduce((sum, [fate, count]) => sum + (fate === kind || fate.startsWith(`${kind} `) ? count : 0), 0);
  }
}
