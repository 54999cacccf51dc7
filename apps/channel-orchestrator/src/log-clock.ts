import type { Instant } from '@touchpoint/kernel';

/**
 * The clock that timers go by (design §5): the time up to which every partition of what was received has been resolved, and this partition been read. An
 * outage of anything before us delays timers, so that "not opened within 2 h" never fires over opens that are still on their way.
 */
export class LogClock {
  #resolved: Instant | undefined;
  #goal: Readonly<{ at: Instant; end: number }> | undefined;
  #now: Instant | undefined;

  /** The time up to which timers may fire; undefined: none yet. */
  get now(): Instant | undefined {
    return this.#now;
  }

  /**
   * One look. `end` is the log's end and was read before `resolvedUpTo` was; so the time of the look before is covered by this end: all that was resolved by
   * then lies below it. `next` is how far this partition was read.
   */
  look({ end, next, resolvedUpTo }: { end: number; next: number; resolvedUpTo: Instant | undefined }): void {
    if (this.#goal === undefined && this.#resolved !== undefined) this.#goal = { at: this.#resolved, end };
    this.read(next);
    this.#resolved = resolvedUpTo;
  }

  read(next: number): void {
    if (this.#goal === undefined || next < this.#goal.end) return;
    this.#now = Math.max(this.#now ?? 0, this.#goal.at);
    this.#goal = undefined;
  }
}
