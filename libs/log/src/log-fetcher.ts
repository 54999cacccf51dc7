import type { Kafka } from 'kafkajs';
import type { Log } from '@touchpoint/host';
import { brokerError, createCluster, OFFSET_OUT_OF_RANGE, type Cluster } from './protocol/cluster.ts';
import { fetch, type Fetched } from './protocol/fetch.ts';

/** A partition that is read on and on. */
export type Feed = {
  readonly topic: string;
  readonly partition: number;
  /** Where the next fetch begins; whoever takes a batch moves it. */
  offset: number;
  /** Whether another batch may come now. */
  room(): boolean;
  /**
   * What a fetch from `offset` gave; perhaps no records, or the error OFFSET_OUT_OF_RANGE.
   * @param doubtful whether the log of that name may have become another one since the records before these: a fetch failed in between, or none was at the broker for a while
   */
  deliver(fetched: Fetched, doubtful?: boolean): void;
};
/** When the feed was asked for last, and whether something has happened since its last records that may be more than a pause. */
type Trust = { askedAt: number; doubtful: boolean };

export type LogFetcherOptions = Readonly<{
  kafka: Kafka;
  log: Log;
  maxBytesPerPartition: number;
  /** Whether a partition that is not in the next fetch may want one soon: then that fetch does not wait long at the broker. */
  hurried: () => boolean;
  /** Of two fetches of a partition that are asked for further apart, the second one's records are doubtful. */
  doubtAfterMs?: number;
}>;

/** How long a fetch waits at the broker for the first record: while all partitions are in it, and while some are busy. */
const WAIT_MS = 500;
const HURRIED_WAIT_MS = 25;
/** A partition that is not busy is asked for as often as a fetch waits. */
const DOUBT_AFTER_MS = WAIT_MS + 1_000;
/** What is fetched and not done with is as much as this many full batches, however many partitions there are: one in hand, one that waits. */
const HELD_BATCHES = 2;
const BACKOFF_MS = [50, 100, 250, 500, 1_000];

const keyOf = ({ topic, partition }: { topic: string; partition: number }) => `${topic}/${partition}`;

/** Reads the partitions it is given, one fetch in flight per broker; a partition that is busy is left out of a fetch and holds up no other. */
export class LogFetcher {
  readonly #options: LogFetcherOptions;
  readonly #feeds = new Map<string, Feed>();
  readonly #inFlight = new Set<string>();
  readonly #trust = new WeakMap<Feed, Trust>();
  #cluster: Promise<Cluster> | undefined;
  #held = 0;
  #turn = 0;
  #failures = 0;
  #scheduled = false;
  #closed = false;

  constructor(options: LogFetcherOptions) {
    this.#options = options;
  }

  add(feed: Feed): void {
    this.#feeds.set(keyOf(feed), feed);
    this.wake();
  }

  remove(feed: Feed): void {
    if (this.#feeds.get(keyOf(feed)) === feed) this.#feeds.delete(keyOf(feed));
  }

  /** Counts bytes that were delivered and are not done with; negative: they are. */
  hold(bytes: number): void {
    this.#held += bytes;
  }

  get #room(): number {
    return HELD_BATCHES * this.#options.maxBytesPerPartition - this.#held;
  }

  /** Looks again which partitions have room. */
  wake(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    void Promise.resolve().then(async () => {
      this.#scheduled = false;
      const cluster = this.#cluster;
      try {
        await this.#start();
      } catch (error) {
        await this.#rest(error, cluster ?? this.#cluster);
      }
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#feeds.clear();
    await (await this.#cluster?.catch(() => undefined))?.disconnect();
  }

  async #start(): Promise<void> {
    const ready = [...this.#feeds.values()].filter((feed) => feed.room());
    if (ready.length === 0 || this.#room <= 0) return;
    const connecting = (this.#cluster ??= this.#connect());
    const cluster = await connecting;
    await cluster.addMultipleTargetTopics([...new Set(ready.map(({ topic }) => topic))]);
    await cluster.refreshMetadataIfNecessary();
    if (this.#closed) return;
    const byNode = new Map<string, Feed[]>();
    for (const feed of ready) {
      const nodeId = Object.keys(cluster.findLeaderForPartitions(feed.topic, [feed.partition]))[0];
      if (nodeId === undefined) throw new Error(`${keyOf(feed)} has no leader`);
      byNode.set(nodeId, [...(byNode.get(nodeId) ?? []), feed]);
    }
    for (const [nodeId, feeds] of byNode) if (!this.#inFlight.has(nodeId)) void this.#fetch(connecting, nodeId, feeds);
  }

  async #fetch(connected: Promise<Cluster>, nodeId: string, feeds: readonly Feed[]): Promise<void> {
    const { maxBytesPerPartition: maxBytes, hurried, doubtAfterMs = DOUBT_AFTER_MS } = this.#options;
    this.#inFlight.add(nodeId);
    try {
      const broker = await (await connected).findBroker({ nodeId });
      // The broker fills an answer in the order asked: each partition comes first in its turn.
      const turn = (this.#turn += 1) % feeds.length;
      const asked = [...feeds.slice(turn), ...feeds.slice(0, turn)].filter((feed) => this.#feeds.get(keyOf(feed)) === feed && feed.room());
      const offsets = new Map(asked.map((feed) => [keyOf(feed), { feed, offset: feed.offset }]));
      if (asked.length === 0) return;
      const askedAt = performance.now();
      const answers = await fetch(
        broker,
        asked.map(({ topic, partition, offset }) => ({ topic, partition, offset, maxBytes })),
        { maxWaitMs: hurried() ? HURRIED_WAIT_MS : WAIT_MS, minBytes: 1, maxBytes: Math.max(1, Math.min(maxBytes, this.#room)) },
      );
      const refused = answers.filter(({ errorCode }) => errorCode !== 0 && errorCode !== OFFSET_OUT_OF_RANGE);
      for (const answer of answers) {
        const from = offsets.get(keyOf(answer));
        if (!from || refused.includes(answer) || this.#feeds.get(keyOf(answer)) !== from.feed || from.feed.offset !== from.offset) continue;
        const before = this.#trust.get(from.feed);
        const doubtful = before !== undefined && (before.doubtful || askedAt - before.askedAt >= doubtAfterMs);
        this.#trust.set(from.feed, { askedAt, doubtful: doubtful && answer.last === undefined });
        from.feed.deliver(answer, doubtful);
      }
      const [first] = refused;
      if (first) throw new Error(`${keyOf(first)}: ${brokerError(first.errorCode)}`);
      this.#failures = 0;
    } catch (error) {
      await this.#rest(error, connected);
    } finally {
      this.#inFlight.delete(nodeId);
      this.wake();
    }
  }

  async #connect(): Promise<Cluster> {
    const cluster = createCluster(this.#options.kafka);
    await cluster.connect();
    return cluster;
  }

  /** A connection or leader was lost: begins anew with fresh metadata, after a pause. */
  async #rest(error: unknown, broken: Promise<Cluster> | undefined): Promise<void> {
    if (this.#closed) return;
    for (const feed of this.#feeds.values()) this.#trust.set(feed, { askedAt: performance.now(), doubtful: true });
    const waitMs = BACKOFF_MS[Math.min(this.#failures, BACKOFF_MS.length - 1)]!;
    this.#failures += 1;
    this.#options.log.warn({ error, waitMs }, 'could not fetch; tried again with fresh metadata');
    if (this.#cluster === broken) this.#cluster = undefined;
    void broken?.then((cluster) => cluster.disconnect()).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    this.wake();
  }
}
