import type { Progress } from './operation.ts';

/** How fast a run is and how long it will take, from what it tells. */
export class RateOf {
  #doing: string | undefined;
  #first = { at: 0, done: 0 };

  /** @param now in milliseconds; every step of a run (`doing`) is reckoned for itself */
  of({ doing, done, total }: Progress, now: number): Readonly<{ perSecond: number | null; secondsLeft: number | null }> {
    if (doing !== this.#doing || done < this.#first.done) [this.#doing, this.#first] = [doing, { at: now, done }];
    const seconds = (now - this.#first.at) / 1_000;
    const perSecond = seconds > 0.5 && done > this.#first.done ? (done - this.#first.done) / seconds : null;
    return { perSecond: perSecond === null ? null : Math.round(perSecond * 10) / 10, secondsLeft: perSecond === null || total === undefined ? null : Math.ceil(Math.max(0, total - done) / perSecond) };
  }
}
