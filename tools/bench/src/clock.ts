import { hash } from 'node:crypto';

/** The CPU time of the fixed piece of work where no neighbour disturbs, in milliseconds: there the clock reads 1. */
const REFERENCE_MS = 10;
const EVERY_MS = 1_000;
const WARM_ROUNDS = 5;

const TEXT = JSON.stringify(Array.from({ length: 400 }, (_, i) => ({ messageId: `message-${i}`, type: 'track', properties: { price: i * 1.25, name: `product ${i % 17}`, tags: ['a', 'b', String(i)] } })));

/** Parsing, maps, a digest: what our processes do. Always the same, whatever the code that is measured becomes. */
const work = (): number => {
  const seen = new Map<string, number>();
  let bytes = 0;
  for (let round = 0; round < 24; round += 1) {
    for (const event of JSON.parse(TEXT) as readonly { messageId: string; properties: { price: number } }[]) seen.set(event.messageId + String(round), event.properties.price);
    bytes += hash('sha256', JSON.stringify([...seen.values()]), 'buffer').length;
  }
  return bytes;
};

const ownMs = (): number => {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
};

/**
 * How fast the machine is while something is measured: a fixed piece of work each second, by its own CPU time. Machines are shared, and CPU time stretches by half when a
 * neighbour wants the same core; two runs compare only as far as their clocks do. It blocks for some milliseconds, so it has no place beside a measured latency.
 */
export class Clock implements Disposable {
  readonly #times: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor() {
    // The first ones are slow: they are compiled.
    for (let i = 0; i < WARM_ROUNDS; i += 1) work();
    this.#timer = setInterval(() => this.#times.push(ownMs()), EVERY_MS);
    this.#timer.unref();
  }

  /** @returns the middle one so far as a share of the reference: 1.5 is a machine on which the same work takes half as much again. */
  read(): number {
    const sorted = (this.#times.length > 0 ? this.#times : [ownMs()]).toSorted((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)]! / REFERENCE_MS;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
