import { checkAnchor } from './anchor.ts';
import { Gate } from './gate.ts';
import { GroupMember, type Assignment, type Positions } from './group-member.ts';
import { LogBounds } from './log-bounds.ts';
import { LogFetcher } from './log-fetcher.ts';
import { createLogReader, type LogReader } from './log-reader.ts';
import { OffsetMirror } from './offset-mirror.ts';
import type { PartitionWorkerOptions, Subscription, WorkerState } from './partition-session.ts';
import { PartitionSlot } from './partition-slot.ts';
import { Rest } from './rest.ts';

const TICK_MS = 1_000;
/** Every so many ticks, positions are mirrored to Kafka. */
const MIRROR_TICKS = 5;
/** How long to wait before joining again, first and at most; a membership that lasted GOOD_MS begins anew. */
const REJOIN_MS = [50, 5_000] as const;
const GOOD_MS = 30_000;

/**
 * Consumes partitions in batches, each under a checkpoint of its own outside Kafka (design §3). At assignment a partition is claimed, then read from its
 * checkpoint on. Being fenced means leaving the group and joining again, as does every state we do not understand.
 */
export class PartitionWorker {
  readonly #options: PartitionWorkerOptions;
  readonly #subscriptions: ReadonlyMap<string, Subscription>;
  readonly #slots = new Map<string, PartitionSlot>();
  readonly #bounds: LogBounds;
  readonly #fetcher: LogFetcher;
  readonly #gate: Gate;
  readonly #reader: LogReader;
  readonly #mirror: OffsetMirror;
  readonly #rest = new Rest();
  #member: GroupMember | undefined;
  #joined = false;
  #running: Promise<void> | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #ticks = 0;
  #ticking = false;

  constructor(options: PartitionWorkerOptions) {
    const { kafka, log, group, subscriptions, concurrency = 4, maxBytesPerPartition = 5 * 1024 * 1024, onForeignOffset = () => undefined, doubtAfterMs } = options;
    this.#options = options;
    this.#subscriptions = new Map(subscriptions.map((subscription) => [subscription.topic, subscription]));
    this.#bounds = new LogBounds(kafka);
    this.#mirror = new OffsetMirror({ group, log, topics: [...this.#subscriptions.keys()], bounds: this.#bounds, onForeign: onForeignOffset });
    this.#gate = new Gate(concurrency, maxBytesPerPartition);
    this.#reader = createLogReader(kafka);
    this.#fetcher = new LogFetcher({ kafka, log, maxBytesPerPartition, hurried: () => this.#owned.some(({ busy }) => busy), ...(doubtAfterMs !== undefined && { doubtAfterMs }) });
  }

  /** True once the group has given us our share (which may be none). */
  get joined(): boolean {
    return this.#joined;
  }

  get state(): readonly WorkerState[] {
    return this.#owned.map(({ state }) => state);
  }

  get #owned(): readonly PartitionSlot[] {
    return [...this.#slots.values()].filter(({ owned }) => owned);
  }

  /** @throws when the brokers cannot be reached or a topic is missing. */
  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#running = this.#keepMember(resolve, reject);
    });
    if (!this.#rest.ended) this.#ticker = setInterval(() => void this.#tick(), TICK_MS);
  }

  /** Takes no more, lets what is in hand commit, leaves the group. */
  async stop(): Promise<void> {
    clearInterval(this.#ticker);
    this.#rest.end();
    this.#member?.end('stopped');
    await this.#running;
    await this.#fetcher.close();
    await this.#reader.close();
    await this.#bounds.close();
  }

  /** One membership after another, until we stop. A first one that cannot be had is for whoever started us. */
  async #keepMember(started: () => void, failed: (error: unknown) => void): Promise<void> {
    const { log, group } = this.#options;
    let pause: number = REJOIN_MS[0];
    let first = true;
    while (!this.#rest.ended) {
      const member = (this.#member = this.#newMember());
      const since = performance.now();
      try {
        await member.join();
        started();
        const reason = await member.over;
        if (!this.#rest.ended) log.warn({ group, reason, waitMs: pause }, 'leaves the group, to join it again');
      } catch (error) {
        if (first) {
          this.#rest.end();
          failed(error);
        } else log.error({ group, error, waitMs: pause }, 'could not join the group');
        member.end('failed');
      }
      first = false;
      this.#joined = false;
      const positions = await this.#release([...this.#slots.values()]);
      if (this.#rest.ended) await this.#mirror.write(member, positions);
      await member.leave();
      if (performance.now() - since > GOOD_MS) pause = REJOIN_MS[0];
      await this.#rest.for(pause);
      pause = Math.min(pause * 2, REJOIN_MS[1]);
    }
  }

  #newMember(): GroupMember {
    const { kafka, group, log, sessionTimeoutMs = 10_000 } = this.#options;
    const topics = [...this.#subscriptions.keys()];
    const member: GroupMember = new GroupMember({ kafka, group, log, sessionTimeoutMs, topics, onAssigned: (assignment) => this.#assigned(member, assignment) });
    return member;
  }

  #assigned(member: GroupMember, assignment: Assignment): void {
    const mine = Object.entries(assignment).flatMap(([topic, partitions]) => partitions.map((partition) => this.#slot(topic, partition)));
    this.#mirror.assigned();
    void this.#release(this.#owned.filter((slot) => !mine.includes(slot)));
    for (const slot of mine) slot.assign(member);
    this.#joined = true;
  }

  #slot(topic: string, partition: number): PartitionSlot {
    const name = `${topic}/${partition}`;
    let slot = this.#slots.get(name);
    if (!slot) {
      const { open } = this.#subscriptions.get(topic)!;
      slot = new PartitionSlot(topic, partition, { options: this.#options, open, bounds: this.#bounds, fetcher: this.#fetcher, gate: this.#gate, witness: (...at) => checkAnchor(this.#reader, ...at) });
      this.#slots.set(name, slot);
    }
    return slot;
  }

  async #release(slots: readonly PartitionSlot[]): Promise<Positions> {
    const ended = await Promise.all(slots.map(async (slot) => ({ topic: slot.topic, partition: slot.partition, next: await slot.release() })));
    return ended.flatMap(({ next, ...slot }) => (next === undefined ? [] : [{ ...slot, next }]));
  }

  /** One look at the log's ends a second for all partitions. */
  async #tick(): Promise<void> {
    const member = this.#member;
    if (this.#ticking || !member?.settled) return;
    this.#ticking = true;
    try {
      this.#ticks += 1;
      const positions = this.state.flatMap(({ topic, partition, next }) => (next === undefined ? [] : [{ topic, partition, next }]));
      if (!this.#mirror.busy && (this.#ticks % MIRROR_TICKS === 0 || this.#mirror.isNew(positions))) void this.#mirror.write(member, positions);
      for (const topic of this.#subscriptions.keys()) {
        const at = this.#options.now();
        const ends = await this.#bounds.of(topic);
        for (const slot of this.#owned) {
          const end = slot.topic === topic ? ends.get(slot.partition)?.high : undefined;
          if (end !== undefined) void slot.tick({ end, at });
        }
      }
    } catch (error) {
      this.#options.log.warn({ group: this.#options.group, error }, 'could not read the ends of the log');
    } finally {
      this.#ticking = false;
    }
  }
}
