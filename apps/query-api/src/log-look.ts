import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CLOCK, LOG, METRICS, type Clock, type Log, type Metrics } from '@touchpoint/host';
import type { Instant } from '@touchpoint/kernel';
import { LOG_READER, LOG_TOPICS, TOPICS, type LogBounds, type LogReader, type LogTopics } from '@touchpoint/log';
import { POOL, query, type Pool } from '@touchpoint/store';
import { LOOK_MS, type Look } from './freshness.ts';
import { LOG_BOUNDS } from './tokens.ts';
import { within } from './within.ts';
import { PROJECTOR, RESOLVER } from './workers.ts';

const LIMIT_MS = 2_000;

/** The first offset of each partition that a worker has not passed: of the resolver that is what it committed and may not have sent, of the projector what it has not read. */
const POSITIONS = `select c.topic, c.partition, least(c.next_offset,
    (select min(p.id) from log.pending p where (p.consumer, p.topic, p.partition) = (c.consumer, c.topic, c.partition) and p.id >= 0))::float8 as next
  from log.checkpoint c where (c.consumer, c.topic) in (($1, $2), ($3, $4))`;

/**
 * Looks at how far the workers are behind the log, at most once a second however many ask. Positions are read before the log's ends: what is appended in
 * between counts as waiting, so the lag is never told too small.
 */
@Injectable()
export class LogLook implements OnModuleInit {
  readonly #pool: Pool;
  readonly #ends: LogBounds;
  readonly #reader: LogReader;
  readonly #topics: LogTopics;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: Metrics;
  /** When the record at an offset came onto the log; of each partition the last one that was asked for. */
  readonly #times = new Map<string, Readonly<{ offset: number; at: Instant }>>();
  #last: Look | undefined;
  #failed = false;
  #looking: Promise<void> | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;

  constructor(
    @Inject(POOL) pool: Pool,
    @Inject(LOG_BOUNDS) ends: LogBounds,
    @Inject(LOG_READER) reader: LogReader,
    @Inject(LOG_TOPICS) topics: LogTopics,
    @Inject(CLOCK) clock: Clock,
    @Inject(LOG) log: Log,
    @Inject(METRICS) metrics: Metrics,
  ) {
    [this.#pool, this.#ends, this.#reader, this.#topics, this.#clock, this.#log, this.#metrics] = [pool, ends, reader, topics, clock, log, metrics];
  }

  onModuleInit(): void {
    this.#metrics.gauge('query_look_age_seconds', 'Age of the last look at how far the read models are behind the log', [], (gauge) => {
      if (this.#last) gauge.set((this.#clock.now() - this.#last.at) / 1000);
    });
  }

  /** The last look, at most a second old; an older one, or none, while the log cannot be asked. What is read afterwards is at least as fresh. Never throws. */
  async last(): Promise<Look | undefined> {
    const now = this.#clock.now();
    if (now - this.#triedAt > LOOK_MS && !this.#looking) {
      this.#triedAt = now;
      this.#looking = this.#look(now).finally(() => { this.#looking = undefined; });
    }
    // After a failure nobody waits for the next try.
    if (this.#looking && !this.#failed) await this.#looking;
    return this.#last;
  }

  async #look(at: Instant): Promise<void> {
    try {
      this.#last = await within(LIMIT_MS, 'QUERY.LOOK', 'a look at the log', this.#seen(at));
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) this.#log.warn({ error }, 'could not look how far the read models are behind the log');
      this.#failed = true;
    }
  }

  async #seen(at: Instant): Promise<Look> {
    const rows = await query<{ topic: string; partition: number; next: number }>(this.#pool, POSITIONS, [RESOLVER, TOPICS.received, PROJECTOR, TOPICS.timeline]);
    const next = new Map(rows.map((row) => [`${row.topic}/${row.partition}`, row.next]));
    const [received, timeline] = await Promise.all([this.#waiting(TOPICS.received, next), this.#waiting(TOPICS.timeline, next)]);
    return { at, received: received.size === 0 ? null : Math.min(...received.values()), timeline };
  }

  /** When the first record came that is not processed, of each partition that has one. */
  async #waiting(topic: string, next: ReadonlyMap<string, number>): Promise<ReadonlyMap<number, Instant>> {
    const ends = await this.#ends.of(this.#topics.nameOf(topic));
    const waiting = await Promise.all([...ends].map(async ([partition, { low, high }]) => {
      const from = Math.max(next.get(`${topic}/${partition}`) ?? 0, low);
      return from < high ? ([partition, await this.#timeOf(topic, partition, from)] as const) : undefined;
    }));
    return new Map(waiting.filter((entry) => entry !== undefined));
  }

  async #timeOf(topic: string, partition: number, offset: number): Promise<Instant> {
    const key = `${topic}/${partition}`;
    const known = this.#times.get(key);
    if (known?.offset === offset) return known.at;
    const [record] = await this.#reader.read(this.#topics.nameOf(topic), partition, [offset]);
    // Removed by retention since the ends were read: there is nothing to tell its age by, but something is behind.
    if (!record) throw new Error('a record that waits is gone from the log');
    this.#times.set(key, { offset, at: record.timestamp });
    return record.timestamp;
  }
}
