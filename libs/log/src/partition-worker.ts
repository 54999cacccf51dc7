import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import { failureKind, logMismatch, type Instant } from '@touchpoint/kernel';
import type { Log } from '@touchpoint/host';
import type { LogRecord } from './record.ts';

/** One claimed partition. Its calls never overlap. Any throw discards it; it is opened again from its checkpoint. */
export interface PartitionSession {
  /** The offset of the next record it wants. */
  readonly next: number;
  /** Commits the effects of records (contiguous, from `next` on) and moves `next` behind the last of them that it took. */
  process(records: readonly LogRecord[]): Promise<void>;
  /** Called about every second: `end` is the log's end, read after `at`. Nothing may depend on it but time: wake what is due here. */
  tick?(tick: Readonly<{ end: number; at: Instant }>): Promise<void>;
  close?(): void;
}

export type Subscription = Readonly<{
  topic: string;
  /** Claims the partition's checkpoint (raising its version), sends what is pending, and says where to go on. */
  open: (partition: number, isOurs: () => boolean) => Promise<PartitionSession>;
}>;

export type WorkerState = Readonly<{ topic: string; partition: number; next: number | undefined; end: number | undefined; lastAt: Instant | undefined; error: string | undefined }>;

export type PartitionWorkerOptions = Readonly<{
  kafka: Kafka;
  group: string;
  subscriptions: readonly Subscription[];
  log: Log;
  now: () => Instant;
  /** The log is not the one the checkpoint was written against: the process must stop. */
  onFatal: (error: Error) => void;
  concurrency?: number;
  maxBytesPerPartition?: number;
  sessionTimeoutMs?: number;
  /** How long a failed partition rests before it is opened again, first and at most. */
  backoffMs?: readonly [number, number];
}>;

type Slot = { generation: number; session: PartitionSession | undefined; queue: Promise<unknown>; failures: number; ticking: boolean; end: number | undefined; lastAt: Instant | undefined; error: string | undefined };

/** After being fenced we join anew; after a mismatch we stop; everything else is tried again from the checkpoint. */
const canReopen = (error: unknown) => failureKind(error) !== 'Fenced' && failureKind(error) !== 'LogMismatch';
const key = (topic: string, partition: number) => `${topic}/${partition}`;

/**
 * Consumes partitions in batches, each under a checkpoint of its own outside Kafka (design §3). At assignment a partition is claimed and sought to its
 * checkpoint; a batch that does not begin there is not processed. Being fenced means leaving the group and joining again.
 */
export class PartitionWorker {
  readonly #options: PartitionWorkerOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #subscriptions: ReadonlyMap<string, Subscription>;
  #consumer: Consumer | undefined;
  #generation = 0;
  #stopping = false;
  #restarting: Promise<void> | undefined;
  #ticker: NodeJS.Timeout | undefined;
  #joined = false;

  constructor(options: PartitionWorkerOptions) {
    this.#options = options;
    this.#subscriptions = new Map(options.subscriptions.map((subscription) => [subscription.topic, subscription]));
  }

  /** True once the group has given us our share (which may be none). */
  get joined(): boolean {
    return this.#joined;
  }

  get state(): readonly WorkerState[] {
    return [...this.#slots].map(([name, slot]) => {
      const cut = name.lastIndexOf('/');
      return { topic: name.slice(0, cut), partition: Number(name.slice(cut + 1)), next: slot.session?.next, end: slot.end, lastAt: slot.lastAt, error: slot.error };
    });
  }

  async start(): Promise<void> {
    await this.#join();
    this.#ticker = setInterval(() => void this.#tick(), 1_000);
  }

  /** Takes no more, lets what is in hand commit, leaves the group. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#ticker);
    await this.#restarting;
    const consumer = this.#consumer;
    this.#consumer = undefined;
    await consumer?.disconnect();
    await this.#release(() => true);
    await (await this.#admin)?.disconnect();
  }

  async #join(): Promise<void> {
    const { kafka, group, log, concurrency = 4, maxBytesPerPartition = 1024 * 1024, sessionTimeoutMs = 10_000 } = this.#options;
    const consumer = kafka.consumer({
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: 30_000,
      heartbeatInterval: Math.floor(sessionTimeoutMs / 5),
      maxWaitTimeInMs: 1_000,
      maxBytesPerPartition,
      maxBytes: 16 * maxBytesPerPartition,
      allowAutoTopicCreation: false,
      retry: { retries: 5, restartOnFailure: () => Promise.resolve(false) },
    });
    this.#consumer = consumer;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      if (this.#consumer === consumer) this.#assigned(consumer, payload.memberAssignment);
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      log.error({ group, error: payload.error }, 'consumer crashed');
      if (this.#consumer === consumer) this.#rejoin(1_000);
    });
    await consumer.connect();
    for (const topic of this.#subscriptions.keys()) await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: concurrency,
      eachBatch: (payload) => this.#eachBatch(consumer, payload),
    });
  }

  /** Leaves the group and joins it again with a new member: the way out of every state we do not understand. */
  #rejoin(pauseMs: number): void {
    if (this.#stopping || this.#restarting) return;
    const consumer = this.#consumer;
    this.#consumer = undefined;
    this.#joined = false;
    const again = async () => {
      await consumer?.disconnect().catch(() => undefined);
      await this.#release(() => true);
      for (let pause = pauseMs; !this.#stopping; pause = Math.min(pause * 2, 10_000)) {
        await new Promise((resolve) => setTimeout(resolve, pause));
        try {
          if (!this.#stopping) await this.#join();
          return;
        } catch (error) {
          this.#options.log.error({ group: this.#options.group, error }, 'could not join the group; trying again');
          const failed = this.#consumer as Consumer | undefined;
          this.#consumer = undefined;
          void failed?.disconnect().catch(() => undefined);
        }
      }
    };
    this.#restarting = again().finally(() => {
      this.#restarting = undefined;
    });
  }

  #assigned(consumer: Consumer, assignment: Readonly<Record<string, readonly number[]>>): void {
    this.#generation += 1;
    const generation = this.#generation;
    const mine = new Set(Object.entries(assignment).flatMap(([topic, partitions]) => partitions.map((partition) => key(topic, partition))));
    void this.#release((name) => !mine.has(name));
    for (const [topic, partitions] of Object.entries(assignment))
      for (const partition of partitions) {
        const name = key(topic, partition);
        const slot: Slot = this.#slots.get(name) ?? { generation, session: undefined, queue: Promise.resolve(), failures: 0, ticking: false, end: undefined, lastAt: undefined, error: undefined };
        slot.generation = generation;
        this.#slots.set(name, slot);
        void this.#enqueue(slot, () => this.#open(consumer, topic, partition, slot, generation));
      }
    this.#joined = true;
  }

  async #release(which: (name: string) => boolean): Promise<void> {
    const gone = [...this.#slots].filter(([name]) => which(name));
    for (const [name, slot] of gone) {
      this.#slots.delete(name);
      slot.generation = -1;
    }
    await Promise.all(gone.map(([, slot]) => this.#enqueue(slot, async () => this.#discard(slot))));
  }

  #discard(slot: Slot): void {
    slot.session?.close?.();
    slot.session = undefined;
  }

  #enqueue<T>(slot: Slot, work: () => Promise<T>): Promise<T> {
    const result = slot.queue.then(work);
    slot.queue = result.catch(() => undefined);
    return result;
  }

  /** Claims until it succeeds or the partition is no longer ours. */
  async #open(consumer: Consumer, topic: string, partition: number, slot: Slot, generation: number): Promise<void> {
    const isOurs = () => slot.generation === generation && this.#consumer === consumer && !this.#stopping;
    while (isOurs()) {
      try {
        this.#discard(slot);
        const session = await this.#subscriptions.get(topic)!.open(partition, isOurs);
        if (!isOurs()) return session.close?.();
        slot.session = session;
        slot.lastAt ??= this.#options.now();
        await this.#checkBounds(topic, partition, session.next);
        consumer.seek({ topic, partition, offset: String(session.next) });
        slot.error = undefined;
        return;
      } catch (error) {
        await this.#failed(error, topic, partition, slot);
        if (!canReopen(error)) return;
      }
    }
  }

  /** The log must still hold what the checkpoint needs, and must not be shorter than it. */
  async #checkBounds(topic: string, partition: number, next: number): Promise<void> {
    const bounds = (await this.#endOffsets(topic)).get(partition);
    if (!bounds) return;
    const { low, high } = bounds;
    if (next < low)
      throw logMismatch('LOG.RETENTION_GAP', `${topic}/${partition}: the checkpoint needs offset ${next}, the log begins at ${low}: ${low - next} records are gone. Raise the topic's retention, then restore.`);
    if (next > high)
      throw logMismatch('LOG.CUT', `${topic}/${partition}: the checkpoint is at ${next}, the log ends at ${high}: it was cut or created again. Nothing is consumed until: touchpoint restore.`);
  }

  async #endOffsets(topic: string): Promise<ReadonlyMap<number, { low: number; high: number }>> {
    const admin = await this.#adminClient();
    return new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]));
  }

  #admin: Promise<ReturnType<Kafka['admin']>> | undefined;
  #adminClient(): Promise<ReturnType<Kafka['admin']>> {
    this.#admin ??= (async () => {
      const admin = this.#options.kafka.admin({ retry: { retries: 2 } });
      await admin.connect();
      return admin;
    })();
    this.#admin.catch(() => {
      this.#admin = undefined;
    });
    return this.#admin;
  }

  async #eachBatch(consumer: Consumer, { batch, heartbeat, resolveOffset, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const { topic, partition } = batch;
    const slot = this.#slots.get(key(topic, partition));
    if (!slot) return;
    let lost: unknown;
    const beat = () => {
      heartbeat().catch((error: unknown) => {
        lost ??= error;
      });
    };
    const beating = setInterval(beat, Math.floor((this.#options.sessionTimeoutMs ?? 10_000) / 5));
    try {
      await this.#enqueue(slot, async () => {
        const session = slot.session;
        if (!session || !isRunning() || isStale() || this.#consumer !== consumer || this.#slots.get(key(topic, partition)) !== slot) return;
        const { generation } = slot;
        try {
          await this.#processBatch(consumer, batch, session, resolveOffset);
          slot.failures = 0;
          slot.lastAt = Number(batch.messages.at(-1)?.timestamp ?? slot.lastAt);
          slot.end = Math.max(slot.end ?? 0, Number(batch.highWatermark));
        } catch (error) {
          await this.#failed(error, topic, partition, slot);
          if (canReopen(error)) await this.#open(consumer, topic, partition, slot, generation);
        }
      });
    } finally {
      clearInterval(beating);
    }
    if (lost) throw lost;
    await heartbeat();
  }

  async #processBatch(consumer: Consumer, batch: EachBatchPayload['batch'], session: PartitionSession, resolveOffset: (offset: string) => void): Promise<void> {
    const { topic, partition, messages } = batch;
    const first = messages[0];
    if (!first) return;
    if (Number(first.offset) !== session.next) {
      // Fetched before our seek took effect; or the log lost what we need, and kafkajs has jumped.
      await this.#checkBounds(topic, partition, session.next);
      consumer.seek({ topic, partition, offset: String(session.next) });
      return;
    }
    const records = messages.map(
      (message, i): LogRecord => {
        const offset = Number(message.offset);
        if (offset !== session.next + i) throw logMismatch('LOG.HOLE', `${topic}/${partition}: offset ${offset} follows ${session.next + i - 1}`);
        return { offset, key: message.key?.toString('utf8') ?? '', timestamp: Number(message.timestamp), value: message.value ?? Buffer.alloc(0), headers: message.headers as LogRecord['headers'] };
      },
    );
    const start = session.next;
    while (session.next - start < records.length) {
      const before = session.next;
      await session.process(before === start ? records : records.slice(before - start));
      if (session.next <= before) throw new Error(`${topic}/${partition}: a session made no progress at offset ${before}`);
      resolveOffset(String(session.next - 1));
      if (this.#stopping) return;
    }
  }

  async #failed(error: unknown, topic: string, partition: number, slot: Slot): Promise<void> {
    const { log, backoffMs = [200, 10_000], onFatal, group } = this.#options;
    const kind = failureKind(error);
    const detail = error instanceof Error ? error.message : String(error);
    this.#discard(slot);
    slot.error = detail;
    if (kind === 'LogMismatch') {
      log.error({ group, topic, partition, error }, 'the log does not fit the checkpoint: stopping');
      onFatal(error as Error);
      return;
    }
    if (kind === 'Fenced') {
      log.warn({ group, topic, partition }, 'another process owns this partition: leaving the group and joining again');
      this.#rejoin(50);
      return;
    }
    const pause = Math.min(backoffMs[0] * 2 ** slot.failures, backoffMs[1]);
    slot.failures += 1;
    log[kind === 'Transient' ? 'warn' : 'error']({ group, topic, partition, kind, error, waitMs: pause }, 'partition failed; it is opened again from its checkpoint');
    await new Promise((resolve) => setTimeout(resolve, pause));
  }

  /** One look at the log's ends a second for all partitions; a partition that is busy or failing misses its tick and holds up no other. */
  async #tick(): Promise<void> {
    if (this.#stopping || !this.#joined) return;
    try {
      for (const topic of this.#subscriptions.keys()) {
        const at = this.#options.now();
        const ends = await this.#endOffsets(topic);
        for (const [name, slot] of this.#slots) {
          const partition = Number(name.slice(topic.length + 1));
          const bounds = ends.get(partition);
          if (!bounds || name !== key(topic, partition)) continue;
          slot.end = bounds.high;
          if (slot.ticking) continue;
          slot.ticking = true;
          void this.#enqueue(slot, () => this.#tickSession(topic, partition, slot, { end: bounds.high, at })).finally(() => {
            slot.ticking = false;
          });
        }
      }
    } catch (error) {
      this.#options.log.warn({ error }, 'could not read the log ends');
    }
  }

  async #tickSession(topic: string, partition: number, slot: Slot, tick: { end: number; at: Instant }): Promise<void> {
    const consumer = this.#consumer;
    const { generation } = slot;
    if (this.#stopping || !consumer) return;
    try {
      await slot.session?.tick?.(tick);
    } catch (error) {
      await this.#failed(error, topic, partition, slot);
      if (canReopen(error)) await this.#open(consumer, topic, partition, slot, generation);
    }
  }
}
