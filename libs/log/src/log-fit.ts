import { logMismatch, transient } from '@touchpoint/kernel';
import { anchorOf } from './anchor.ts';
import { checkBounds, type LogBounds } from './log-bounds.ts';
import { OFFSET_OUT_OF_RANGE } from './protocol/cluster.ts';
import type { Fetched } from './protocol/fetch.ts';
import type { LogRecord } from './record.ts';

/** Where an open partition stands, and what the record before that was (see `anchorOf`). */
export type Witness = Readonly<{ next: number; anchor: string }>;
export type LogFitPorts = Readonly<{
  bounds: LogBounds;
  /** Whether the record before `next` is still the one that was read there. @throws Failure LogMismatch `LOG.RECREATED`. */
  witness: (topic: string, partition: number, read: Witness) => Promise<void>;
}>;

/** Whether what a partition gives goes on where a session stands: nothing is missing, and it is still the same log. What does not fit is never jumped over in silence. */
export class LogFit {
  readonly #topic: string;
  readonly #partition: number;
  readonly #ports: LogFitPorts;
  #witness: Witness | undefined;

  constructor(topic: string, partition: number, ports: LogFitPorts) {
    [this.#topic, this.#partition, this.#ports] = [topic, partition, ports];
  }

  /** @param next where the session stands. @throws Failure LogMismatch that names the gap. */
  check(next: number): Promise<void> {
    return this.#ports.bounds.check(this.#topic, this.#partition, next);
  }

  /** @param doubtful whether the partition could not be read for a while before. @throws Failure LogMismatch that names the gap; Transient when it must be opened again. */
  async answer({ errorCode, begin, end }: Fetched, next: number, doubtful: boolean): Promise<void> {
    const name = `${this.#topic}/${this.#partition}`;
    if (errorCode === OFFSET_OUT_OF_RANGE) {
      await this.check(next);
      throw new Error(`${name}: the broker does not have offset ${next} yet`);
    }
    if (begin >= 0) checkBounds(this.#topic, this.#partition, next, { low: begin, high: Math.max(end, next) });
    if (!doubtful || next === 0) return;
    // A log that was created again under our feet, and has grown beyond where we stand, goes on there with other records: what lies before those would be lost in silence.
    // Where nothing was read since it was opened, opening it compares with the checkpoint.
    if (this.#witness?.next !== next) throw transient('LOG.DOUBTFUL', `${name}: could not be read for a while; it is compared with its checkpoint`);
    await this.#ports.witness(this.#topic, this.#partition, this.#witness);
  }

  /** @throws Failure LogMismatch where one is missing in between. */
  unbroken(records: readonly LogRecord[], next: number): void {
    records.forEach(({ offset }, i) => {
      if (offset !== next + i) throw logMismatch('LOG.HOLE', `${this.#topic}/${this.#partition}: offset ${offset} follows ${next + i - 1}: ${offset - next - i} records in between are missing`);
    });
  }

  /** The session has taken a record, and stands behind it. */
  saw(last: LogRecord, next: number): void {
    this.#witness = { next, anchor: anchorOf(last) };
  }

  /** The session is over. */
  forget(): void {
    this.#witness = undefined;
  }
}
