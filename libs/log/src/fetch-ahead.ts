import type { LogFetcher } from './log-fetcher.ts';
import type { Fetched } from './protocol/fetch.ts';

/** One batch in hand and one that waits; behind a large one none waits, so that one partition never holds all that may be fetched ahead. */
const MAX_QUEUED = 2;
const LARGE_BYTES = 256 * 1024;
/** At the head of a log that brings so many records at once, a partition rests a little: a few large batches cost less than many small ones. */
const BUSY_RECORDS = 500;
const BUSY_REST_MS = 250;

/** What one open partition has fetched and not worked off yet, and whether it may fetch more. */
export class FetchAhead {
  readonly #fetcher: Pick<LogFetcher, 'hold' | 'wake'>;
  #queued = 0;
  #bytes = 0;
  #restUntil = 0;

  constructor(fetcher: Pick<LogFetcher, 'hold' | 'wake'>) {
    this.#fetcher = fetcher;
  }

  get room(): boolean {
    return this.#queued < MAX_QUEUED && this.#bytes < LARGE_BYTES && performance.now() >= this.#restUntil;
  }

  /** A batch of so many records has come; an error leaves no room behind it. @returns what to call once it is worked off. */
  take({ size, end, last, errorCode }: Fetched, records: number): () => void {
    const places = errorCode === 0 ? 1 : MAX_QUEUED;
    this.#queued += places;
    this.#hold(size);
    if (last !== undefined && last + 1 >= end && records >= BUSY_RECORDS) this.#restUntil = performance.now() + BUSY_REST_MS;
    return () => {
      this.#queued -= places;
      this.#hold(-size);
      const rest = this.#restUntil - performance.now();
      if (rest > 0) setTimeout(() => this.#fetcher.wake(), rest + 1).unref();
      this.#fetcher.wake();
    };
  }

  #hold(size: number): void {
    this.#bytes += size;
    this.#fetcher.hold(size);
  }
}
