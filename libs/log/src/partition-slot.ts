import { failureKind, type Instant } from '@touchpoint/kernel';
import { withSpans } from './batch-spans.ts';
import { FetchAhead } from './fetch-ahead.ts';
import type { Gate } from './gate.ts';
import type { GroupMember } from './group-member.ts';
import type { Feed, LogFetcher } from './log-fetcher.ts';
import { LogFit, type LogFitPorts } from './log-fit.ts';
import type { PartitionSession, PartitionWorkerOptions, WorkerState } from './partition-session.ts';
import type { Fetched } from './protocol/fetch.ts';
import { Rest } from './rest.ts';

/** What all partitions of a worker share. */
export type SlotPorts = LogFitPorts & Readonly<{
  options: PartitionWorkerOptions;
  open: (partition: number, isOurs: () => boolean) => Promise<PartitionSession>;
  fetcher: LogFetcher;
  gate: Gate;
}>;

/** One stretch of owning a partition: from an assignment to the next, or to its loss. */
type Tenure = Readonly<{ member: GroupMember }>;

/** Small records are many: what a session makes of them takes more memory than they do. */
const MOST_RECORDS = 20_000;

/**
 * One partition, for as long as its worker lives. Its work is done one piece after another, whoever asked for it and under whichever tenure; what began
 * under a tenure that is over does nothing any more, and what it throws is of no interest.
 */
export class PartitionSlot {
  readonly topic: string;
  readonly partition: number;
  readonly #ports: SlotPorts;
  readonly #fit: LogFit;
  #tenure: Tenure | undefined;
  #session: PartitionSession | undefined;
  #feed: Feed | undefined;
  #failures = 0;
  #end: number | undefined;
  #endAt: Instant | undefined;
  /** Time of the oldest record that is not processed yet, as far as it is known: until it is read, since when we know of it. */
  #oldestAt: Instant | undefined;
  #error: string | undefined;
  #tail: Promise<unknown> = Promise.resolve();
  #ticking = false;
  /** Cut with every change of tenure: what waits then has nothing to wait for. */
  readonly #rest = new Rest();

  constructor(topic: string, partition: number, ports: SlotPorts) {
    this.topic = topic;
    this.partition = partition;
    this.#ports = ports;
    this.#fit = new LogFit(topic, partition, ports);
  }

  get name(): string {
    return `${this.topic}/${this.partition}`;
  }

  get owned(): boolean {
    return this.#tenure !== undefined;
  }

  /** Whether the next fetch leaves it out, though it is ours. */
  get busy(): boolean {
    return this.owned && !this.#feed?.room();
  }

  get state(): WorkerState {
    return { topic: this.topic, partition: this.partition, next: this.#session?.next, end: this.#end, endAt: this.#endAt, oldestAt: this.#oldestAt, error: this.#error };
  }

  /** It was assigned to us, perhaps again: it is claimed anew, after what is in hand. */
  assign(member: GroupMember): void {
    const tenure = (this.#tenure = { member });
    this.#endAt = undefined;
    this.#unfeed();
    this.#rest.cut();
    void this.#enqueue(() => this.#open(tenure));
  }

  /** It is no longer ours. What is in hand goes on and may commit; nothing new begins. @returns where it stood, once that has ended. */
  async release(): Promise<number | undefined> {
    this.#tenure = undefined;
    this.#unfeed();
    this.#rest.cut();
    return this.#enqueue(async () => {
      const next = this.#session?.next;
      if (!this.#tenure) {
        await this.#leave();
        this.#discard();
      }
      return next;
    });
  }

  async #leave(): Promise<void> {
    try {
      await this.#session?.leave?.();
    } catch (error) {
      this.#ports.options.log.warn({ topic: this.topic, partition: this.partition, error }, 'a session could not tidy up behind itself; its successor does');
    }
  }

  /** A partition that is busy or failing misses its tick. */
  async tick(tick: { end: number; at: Instant }): Promise<void> {
    const [tenure, feed, session] = [this.#tenure, this.#feed, this.#session];
    [this.#end, this.#endAt] = [tick.end, tick.at];
    if (!tenure || !feed || !session || this.#ticking) return;
    this.#ticking = true;
    await this.#work(tenure, feed, async () => {
      // The end was read before; a checkpoint beyond it is suspicious only if it is beyond the end now.
      if (tick.end < session.next) await this.#fit.check(session.next);
      await session.tick?.(tick);
    });
    this.#ticking = false;
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  #unfeed(): void {
    if (this.#feed) this.#ports.fetcher.remove(this.#feed);
    this.#feed = undefined;
  }

  #discard(): void {
    this.#unfeed();
    try {
      this.#session?.close?.();
    } catch (error) {
      this.#ports.options.log.error({ topic: this.topic, partition: this.partition, error }, 'a session could not be closed');
    }
    this.#session = undefined;
    this.#fit.forget();
  }

  /** Claims until it succeeds or the partition is no longer ours. A member that the coordinator may have evicted waits: its claim would fence the owner. */
  async #open(tenure: Tenure): Promise<void> {
    const { open, fetcher, options } = this.#ports;
    const isOurs = () => this.#tenure === tenure;
    this.#discard();
    while (isOurs()) {
      try {
        if (!tenure.member.accepted) {
          await this.#rest.for(50);
          continue;
        }
        const session = (this.#session = await open(this.partition, isOurs));
        if (isOurs()) await this.#fit.check(session.next);
        if (!isOurs()) return this.#discard();
        this.#error = undefined;
        this.#oldestAt = options.now();
        return fetcher.add((this.#feed = this.#feedOf(tenure, session)));
      } catch (error) {
        const waitMs = this.#failed(error, tenure);
        if (waitMs === undefined) return;
        await this.#rest.for(waitMs);
      }
    }
  }

  #feedOf(tenure: Tenure, session: PartitionSession): Feed {
    const ahead = new FetchAhead(this.#ports.fetcher);
    const feed: Feed = {
      topic: this.topic,
      partition: this.partition,
      offset: session.next,
      room: () => ahead.room && this.#feed === feed && tenure.member.settled,
      deliver: (fetched, doubtful = false) => {
        const { last, errorCode, end } = fetched;
        this.#end = Math.max(this.#end ?? 0, end);
        if (last === undefined && errorCode === 0) return;
        this.#oldestAt ??= this.#ports.options.now();
        const first = feed.offset;
        feed.offset = (last ?? first - 1) + 1;
        const workedOff = ahead.take(fetched, feed.offset - first);
        void this.#work(tenure, feed, () => this.#process(feed, session, fetched, doubtful)).then(workedOff);
      },
    };
    return feed;
  }

  /** Work on the open partition, in its turn. What it throws closes the partition, which is then opened again; the other partitions go on meanwhile. */
  #work(tenure: Tenure, feed: Feed, work: () => Promise<void>): Promise<void> {
    return this.#enqueue(async () => {
      // While the group rebalances nothing new begins: a new tenure follows, or none.
      if (this.#feed !== feed || !tenure.member.settled) return;
      try {
        await work();
      } catch (error) {
        const waitMs = this.#failed(error, tenure);
        if (waitMs === undefined) return;
        void this.#enqueue(async () => {
          if (this.#tenure === tenure) await this.#rest.for(waitMs);
          await this.#open(tenure);
        });
      }
    });
  }

  async #process(feed: Feed, session: PartitionSession, fetched: Fetched, doubtful: boolean): Promise<void> {
    const { gate, options: { group, tracing } } = this.#ports;
    await this.#fit.answer(fetched, session.next, doubtful);
    await gate.through(fetched.size, async () => {
      // Decoded only now: what waits, waits as bytes.
      const records = fetched.read();
      this.#fit.unbroken(records, session.next);
      for (let taken = 0; taken < records.length && this.#feed === feed; ) {
        const from = session.next;
        this.#oldestAt = records[taken]!.timestamp;
        const some = taken === 0 && records.length <= MOST_RECORDS ? records : records.slice(taken, taken + MOST_RECORDS);
        await withSpans(tracing, { group, topic: this.topic, partition: this.partition, records: some, next: () => session.next }, () => session.process(some));
        if (session.next <= from) throw new Error(`${this.name}: a session made no progress at offset ${from}`);
        taken += session.next - from;
        this.#fit.saw(records[taken - 1]!, session.next);
        this.#failures = 0;
      }
      if (session.next >= (this.#end ?? 0)) this.#oldestAt = undefined;
    });
  }

  /** @returns how long to rest before the partition is opened again; undefined when it is not to be opened under this tenure. */
  #failed(error: unknown, tenure: Tenure): number | undefined {
    const { log, backoffMs = [200, 10_000], onFatal, group } = this.#ports.options;
    const { topic, partition } = this;
    const kind = failureKind(error);
    this.#discard();
    if (kind === 'LogMismatch' || kind === 'Halt') {
      this.#error = (error as Error).message;
      log.error({ group, topic, partition, error }, kind === 'Halt' ? 'going on would do harm: stopping' : 'the log does not fit the checkpoint: stopping');
      onFatal(error as Error);
      return undefined;
    }
    // Somebody else has it by now, as it should be, or the group is about to say who: no reason to leave.
    if (this.#tenure !== tenure || (kind === 'Fenced' && !tenure.member.settled)) return undefined;
    this.#error = error instanceof Error ? error.message : String(error);
    if (kind === 'Fenced') {
      log.warn({ group, topic, partition }, 'another process owns this partition');
      tenure.member.end('fenced');
      return undefined;
    }
    const waitMs = Math.min(backoffMs[0] * 2 ** this.#failures, backoffMs[1]);
    this.#failures += 1;
    log[kind === 'Transient' ? 'warn' : 'error']({ group, topic, partition, kind, error, waitMs }, 'partition failed; it is opened again from its checkpoint');
    return waitMs;
  }
}
