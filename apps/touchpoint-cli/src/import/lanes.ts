import type { ImportMessage } from '@touchpoint/mapping';
import type { SendBatch } from './batch-sender.ts';
import type { Entry, Settlement } from './settlement.ts';

export type LaneLimits = Readonly<{
  /** Batches in flight at a time. */
  lanes: number;
  /** A batch goes when it has so many messages, or when one more would make it larger than so many bytes. */
  batchEvents: number;
  batchBytes: number;
  /** Items that may wait for an earlier one. */
  waiting: number;
}>;
export const LANE_LIMITS: LaneLimits = { lanes: 4, batchEvents: 500, batchBytes: 480_000, waiting: 8_000 };

type Outgoing = Readonly<{ json: string; entry: Entry }>;
type Lane = { next: Outgoing[]; bytes: number; flying: Promise<void> | null };

const laneOf = (text: string, lanes: number): number => {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return (hash >>> 0) % lanes;
};

/**
 * Several batches in flight, and still each customer's events in the order of the file: a customer has one lane, and a lane sends one batch after the other.
 * Holds at most two batches a lane.
 */
export class Lanes {
  readonly #lanes: readonly Lane[];
  readonly #limits: LaneLimits;
  readonly #send: SendBatch;
  readonly #settlement: Settlement;
  readonly #stop: AbortSignal;
  #failure: Readonly<{ error: unknown }> | null = null;

  /** @param stop no batch departs after it */
  constructor(send: SendBatch, settlement: Settlement, stop: AbortSignal, limits: LaneLimits = LANE_LIMITS) {
    this.#lanes = Array.from({ length: limits.lanes }, () => ({ next: [], bytes: 0, flying: null }));
    this.#limits = limits;
    this.#send = send;
    this.#settlement = settlement;
    this.#stop = stop;
  }

  /** Takes a message; waits while its lane is full. @throws what made a batch fail for good */
  async add(message: ImportMessage, entry: Entry): Promise<void> {
    const lane = this.#lanes[laneOf(message.userId ?? message.anonymousId ?? '', this.#lanes.length)]!;
    const json = JSON.stringify(message);
    const bytes = Buffer.byteLength(json) + 1;
    const { batchEvents, batchBytes } = this.#limits;
    if (lane.next.length > 0 && lane.bytes + bytes > batchBytes) await this.#depart(lane);
    lane.next.push({ json, entry });
    lane.bytes += bytes;
    if (lane.next.length >= batchEvents || lane.bytes >= batchBytes) await this.#depart(lane);
  }

  /** Keeps the items that wait for an earlier one within bounds: a lane that gets few messages must not hold up all others for long. */
  async relieve(): Promise<void> {
    if (this.#settlement.waiting > this.#limits.waiting) await this.flush();
  }

  /** Sends what there is and waits until all is acknowledged. @throws what made a batch fail for good */
  async flush(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => this.#depart(lane)));
    await this.landed();
    this.#check();
  }

  /** Waits for what is in flight; sends nothing more, and does not throw. */
  async landed(): Promise<void> {
    await Promise.all(this.#lanes.map((lane) => lane.flying));
  }

  #check(): void {
    if (this.#failure) throw this.#failure.error;
  }

  async #depart(lane: Lane): Promise<void> {
    await lane.flying;
    this.#check();
    if (lane.next.length === 0 || this.#stop.aborted) return;
    const batch = lane.next;
    lane.next = [];
    lane.bytes = 0;
    lane.flying = this.#fly(batch).catch((error: unknown) => {
      this.#failure ??= { error };
    });
  }

  async #fly(batch: readonly Outgoing[]): Promise<void> {
    const outcomes = await this.#send(batch.map(({ json }) => json));
    for (const [i, { entry }] of batch.entries()) {
      const refused = outcomes[i];
      if (refused) entry.rejected = { code: refused.code, reason: refused.message };
      entry.done = true;
    }
    await this.#settlement.settle();
  }
}
