import { tooManyRequests } from '@touchpoint/host';

/** What a request counts for beside its body. */
const REQUEST_BYTES = 4_096;

/** Bounds the bytes of all bodies that are being read or not answered yet: beyond it a request is refused, before its body is read. */
export class BodyBudget {
  readonly #max: number;
  #used = 0;
  #requests = 0;
  constructor(max: number) {
    this.#max = max;
  }

  get used(): number {
    return this.#used;
  }

  get requests(): number {
    return this.#requests;
  }

  /** @returns what gives it back, once. @throws HttpProblem 429 where it would be too much. One request alone is always let in. */
  take(bytes: number): () => void {
    const cost = bytes + REQUEST_BYTES;
    if (this.#requests > 0 && this.#used + cost > this.#max) throw tooManyRequests(1, 'INGEST.OVERLOAD');
    this.#used += cost;
    this.#requests += 1;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#used -= cost;
      this.#requests -= 1;
    };
  }
}
