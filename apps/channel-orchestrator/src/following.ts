import type { Instant } from '@touchpoint/kernel';
import type { Published } from '@touchpoint/orchestration';
import type { Client } from '@touchpoint/store';
import type { Emitted } from './emitted.ts';
import { HistoryFill, type FillPorts } from './history-fill.ts';
import { saveFilling, saveSweep, type InForce } from './in-force.ts';
import { nextToReview } from './segment-sweep.ts';
import type { TimerRow } from './timer-store.ts';

/** How far a partition has come with what follows from its set. */
export type Followed = Omit<InForce, 'published'>;
/** One part of it, for one transaction: what is set and emitted, what else is written, and how far it has come then. */
export type FollowStep = Readonly<{ timers: readonly TimerRow[]; emit: (emitted: Emitted) => void; write: (client: Client) => Promise<void>; followed: Followed }>;

const nothing = (): void => undefined;

/** What follows from a set that is new: history is folded for its measures; then, once its segments count, every customer is looked at. */
export class Following {
  readonly #ports: FillPorts;
  readonly #partition: number;
  readonly #fill: HistoryFill;

  constructor(ports: FillPorts, partition: number) {
    [this.#ports, this.#partition] = [ports, partition];
    this.#fill = new HistoryFill(ports, partition);
  }

  /** The next part; undefined: there is nothing left. */
  async next({ setNumber, live }: Published, followed: Followed, now: Instant): Promise<FollowStep | undefined> {
    const { told, sweep } = followed;
    const partition = this.#partition;
    if (told < setNumber) {
      const filling = followed.filling ?? { set: setNumber, next: 0, seen: {} };
      const { filling: further, emit, write } = await this.#fill.step(filling, live, now);
      const done = further === null ? filling.set : told;
      return {
        timers: [], emit, followed: { ...followed, filling: further, told: done },
        write: async (client) => {
          await write(client);
          await saveFilling(client, partition, further, done);
        },
      };
    }
    if (sweep === null) return undefined;
    const { pool, partitions } = this.#ports;
    const { timers, after } = await nextToReview(pool, { partition, partitions, set: live, after: sweep, now });
    return { timers, emit: nothing, write: (client) => saveSweep(client, partition, after), followed: { ...followed, sweep: after } };
  }
}
