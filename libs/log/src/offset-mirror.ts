import type { Log } from '@touchpoint/host';
import type { GroupMember, Positions } from './group-member.ts';
import type { LogBounds } from './log-bounds.ts';

/** Stands beside every offset that we commit, and names it: what does not bear it, somebody else has set. */
export const mirrorMark = (offset: number): string => `touchpoint ${offset}`;

export type ForeignOffset = Readonly<{ topic: string; partition: number; offset: number; position: number }>;
export type OffsetMirrorOptions = Readonly<{ group: string; topics: readonly string[]; bounds: Pick<LogBounds, 'committed'>; log: Log; onForeign: (found: ForeignOffset) => void }>;

/**
 * Mirrors positions to Kafka's committed offsets, for lag tools. They move nothing: before an offset is first written under an assignment, it is looked whether
 * somebody has set it with Kafka's own tools (which refuse while the group has members, so it is enough to look then), who must be told, or waits in vain.
 */
export class OffsetMirror {
  readonly #options: OffsetMirrorOptions;
  readonly #looked = new Set<string>();
  #assignment = 0;
  #busy = false;
  #tail: Promise<void> = Promise.resolve();

  constructor(options: OffsetMirrorOptions) {
    this.#options = options;
  }

  /** Partitions were assigned anew: others may have had the group meanwhile. */
  assigned(): void {
    this.#looked.clear();
    this.#assignment += 1;
  }

  /** Whether one of them was not looked at yet. */
  isNew(positions: Positions): boolean {
    return positions.some((position) => !this.#looked.has(nameOf(position)));
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Takes some seconds at most; what fails is done the next time: an offset that nobody was told of is left for the next to find. */
  async write(member: GroupMember, positions: Positions): Promise<void> {
    const before = this.#tail;
    await (this.#tail = before.then(() => this.#write(member, positions)));
  }

  async #write(member: GroupMember, positions: Positions): Promise<void> {
    this.#busy = true;
    try {
      if (this.isNew(positions)) await this.#look(positions);
      await member.commit(positions.filter((position) => this.#looked.has(nameOf(position))));
    } catch (error) {
      this.#options.log.debug({ group: this.#options.group, error }, 'could not look at the committed offsets');
    } finally {
      this.#busy = false;
    }
  }

  async #look(positions: Positions): Promise<void> {
    const { group, topics, bounds, log, onForeign } = this.#options;
    const assignment = this.#assignment;
    const committed = await inTime(bounds.committed(group, topics));
    if (assignment !== this.#assignment) return;
    for (const { topic, partition, next } of positions) {
      const name = nameOf({ topic, partition });
      const found = committed.get(name);
      if (this.#looked.has(name)) continue;
      this.#looked.add(name);
      if (!found || found.offset < 0 || found.mark === mirrorMark(found.offset)) continue;
      log.warn({ group, topic, partition, offset: found.offset, expectedOffset: next },
        'somebody has set this offset with Kafka\'s own tools, which moves nothing: positions live in Postgres, and Kafka\'s committed offsets are only their mirror. It is put right. '
        + 'To have a stretch of the log folded once more: npx touchpoint replay; read models as a whole: npx touchpoint rebuild; to pass over a record that cannot be read: npx touchpoint parked drop; to see positions: npx touchpoint lag --partitions');
      onForeign({ topic, partition, offset: found.offset, position: next });
    }
  }
}

const nameOf = ({ topic, partition }: Readonly<{ topic: string; partition: number }>): string => `${topic}/${partition}`;

/** A stop does not wait for brokers that do not answer. */
const LOOK_MS = 2_000;
const inTime = async <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${LOOK_MS} ms`)), LOOK_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};
