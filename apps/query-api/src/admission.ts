import { tooManyRequests } from '@touchpoint/host';

/** How much is done at once. Some more wait their turn, in order; beyond that it is refused, not absorbed. */
export class Admission {
  readonly #most: number;
  readonly #mostWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @param mostWaiting four times `most`, unless told otherwise. */
  constructor(most: number, mostWaiting = most * 4) {
    [this.#most, this.#mostWaiting] = [most, mostWaiting];
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** @throws HttpProblem 429 `HTTP.OVERLOAD` when as many as may wait do so already. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#most) {
      if (this.#waiting.length >= this.#mostWaiting) throw tooManyRequests(1);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      // The place is handed on, so that nobody who comes now takes it from the one who waits.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
