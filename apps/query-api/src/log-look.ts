import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CLOCK, LOG, METRICS, type Clock, type Log, type Metrics } from '@touchpoint/host';
import type { Instant } from '@touchpoint/kernel';
import { LOG_BOUNDS, LOG_READER, LOG_TOPICS, type LogBounds, type LogReader, type LogTopics } from '@touchpoint/log';
import { CONSUMERS, LogLag, POOL, type Pool } from '@touchpoint/store';
import { LOOK_MS, type Look } from './freshness.ts';
import { within } from './within.ts';

const LIMIT_MS = 2_000;

/** Looks at how far the two workers before an answer are behind the log, at most once a second however many ask. */
@Injectable()
export class LogLook implements OnModuleInit {
  readonly #lag: LogLag;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: Metrics;
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
    [this.#lag, this.#clock, this.#log, this.#metrics] = [new LogLag(pool, ends, reader, topics.nameOf), clock, log, metrics];
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
    const { resolver, projector } = CONSUMERS;
    const waiting = (await this.#lag.of([resolver, projector])).flatMap(({ consumer, partition, waitingSince }) => {
      if (waitingSince === null) return [];
      // Removed by retention since the ends were read: there is nothing to tell its age by, but something is behind.
      if (waitingSince === undefined) throw new Error('a record that waits is gone from the log');
      return [{ consumer, partition, since: waitingSince }];
    });
    const received = waiting.filter(({ consumer }) => consumer === resolver.consumer).map(({ since }) => since);
    const timeline = waiting.filter(({ consumer }) => consumer === projector.consumer);
    return { at, received: received.length === 0 ? null : Math.min(...received), timeline: new Map(timeline.map(({ partition, since }) => [partition, since])) };
  }
}
