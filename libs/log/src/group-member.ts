import type { Consumer, Kafka } from 'kafkajs';
import type { Log } from '@touchpoint/host';
import { mirrorMark } from './offset-mirror.ts';

/** What a group gave to a member: partitions by topic. */
export type Assignment = Readonly<Record<string, readonly number[]>>;
export type Positions = readonly Readonly<{ topic: string; partition: number; next: number }>[];

export type GroupMemberOptions = Readonly<{
  kafka: Kafka;
  group: string;
  topics: readonly string[];
  log: Log;
  sessionTimeoutMs: number;
  /** Called in the turn in which the group has answered, before anything else happens. */
  onAssigned: (assignment: Assignment) => void;
}>;

/** How long a commit may take. */
const COMMIT_MS = 1_000;

/**
 * One membership in a consumer group, from joining to leaving; never used again afterwards. kafkajs keeps it alive (heartbeats, rebalances) and fetches nothing:
 * its fetching waits for the slowest partition of each round, may hand over what was fetched before a seek, and costs 7 µs a record.
 */
export class GroupMember {
  readonly #options: GroupMemberOptions;
  readonly #consumer: Consumer;
  #rebalancing = true;
  #acceptedAt = 0;
  #endWith: (reason: string) => void = () => undefined;
  /** Resolves with the reason once this membership is over. */
  readonly over = new Promise<string>((resolve) => {
    this.#endWith = resolve;
  });
  #left: Promise<void> | undefined;
  #ended = false;

  constructor(options: GroupMemberOptions) {
    this.#options = options;
    const { kafka, group, sessionTimeoutMs } = options;
    this.#consumer = kafka.consumer({
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: 30_000,
      heartbeatInterval: Math.floor(sessionTimeoutMs / 10),
      // How long kafkajs sleeps between looks at the heartbeat while everything is paused.
      maxWaitTimeInMs: Math.min(250, Math.floor(sessionTimeoutMs / 20)),
      allowAutoTopicCreation: false,
      retry: { retries: 5, restartOnFailure: () => Promise.resolve(false) },
    });
    this.#listen();
  }

  /** False from the moment on at which the group asks all members to join anew until it has answered. */
  get settled(): boolean {
    return !this.#rebalancing && !this.#ended;
  }

  /** Whether the coordinator has accepted us so lately that it cannot have evicted us yet. Only such a member may claim a partition (design §3). */
  get accepted(): boolean {
    return this.settled && performance.now() - this.#acceptedAt < this.#options.sessionTimeoutMs;
  }

  #listen(): void {
    const consumer = this.#consumer;
    const { topics, log, group, onAssigned } = this.#options;
    const accepted = () => {
      this.#acceptedAt = performance.now();
    };
    consumer.on(consumer.events.HEARTBEAT, accepted);
    consumer.on(consumer.events.REBALANCING, () => {
      this.#rebalancing = true;
    });
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      accepted();
      if (this.#ended) return;
      consumer.pause(topics.map((topic) => ({ topic })));
      this.#rebalancing = false;
      onAssigned(payload.memberAssignment);
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (this.#ended) return;
      log.error({ group, error: payload.error }, 'the consumer group was lost');
      this.end('crashed');
    });
  }

  /** @throws when the brokers cannot be reached or a topic is missing. What goes wrong in the group itself ends the membership. */
  async join(): Promise<void> {
    await this.#consumer.connect();
    for (const topic of this.#options.topics) await this.#consumer.subscribe({ topic, fromBeginning: true });
    await this.#consumer.run({ autoCommit: false, eachBatch: () => Promise.resolve() });
  }

  /** Says that this membership shall end; whoever keeps it then calls `leave`. */
  end(reason: string): void {
    this.#ended = true;
    this.#endWith(reason);
  }

  /**
   * Leaves the group. Only after `join` has settled: kafkajs forgets a consumer that is stopped while it joins, and that one goes on for ever.
   */
  leave(): Promise<void> {
    this.end('left');
    this.#left ??= this.#consumer.disconnect().catch((error: unknown) => {
      this.#options.log.warn({ group: this.#options.group, error }, 'could not leave the group in order');
    });
    return this.#left;
  }

  /** Commits positions, marked as ours. Takes a second at most; what fails is committed the next time. */
  async commit(positions: Positions): Promise<void> {
    if (this.#rebalancing || this.#left || positions.length === 0) return;
    const committed = this.#consumer.commitOffsets(positions.map(({ topic, partition, next }) => ({ topic, partition, offset: String(next), metadata: mirrorMark(next) })));
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, COMMIT_MS);
    });
    await Promise.race([committed.catch(() => undefined), limit]);
    clearTimeout(timer);
  }
}
