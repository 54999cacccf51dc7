import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { CLOCK, LOG, METRICS, type Clock, type Log, type Metrics } from '@touchpoint/host';
import { toIso, type Instant } from '@touchpoint/kernel';
import { LOG_BOUNDS, LOG_READER, LOG_TOPICS, TOPICS, type LogBounds, type LogReader, type LogTopics } from '@touchpoint/log';
import { CONSUMERS, LogLag, parkedCauses, POOL, query, type LogConsumer, type PartitionLag, type Pool } from '@touchpoint/store';
import { trendOf, verdictOf, WINDOW_MS, worst, type Sample, type Trend, type Verdict } from './trend.ts';

const LOOK_MS = 5_000;
/** A look this young is shown to whoever asks. */
const YOUNG_MS = 500;
const OURS: readonly LogConsumer[] = Object.values(CONSUMERS);
const TOPIC_NAMES: readonly string[] = Object.values(TOPICS);
const nameOf = ({ consumer, topic }: LogConsumer) => `${consumer} ${topic}`;

export type LagOfPartition = Readonly<{ partition: number; next: number; begin: number; end: number; records: number; seconds: number | null; trend: Trend; verdict: Verdict }>;
/** `ours`: a consumer of one of our apps; the others (of a rebuild, of an app that is gone) are shown and do not count. `pending`: committed and not known to be sent. */
export type LagOfConsumer = Readonly<{
  consumer: string; topic: string; ours: boolean; records: number; seconds: number; trend: Trend; verdict: Verdict;
  pending: Readonly<{ count: number; oldestSeconds: number }>; parked: readonly Readonly<{ code: string; records: number; keys: number }>[]; partitions: readonly LagOfPartition[];
}>;
export type LagAnswer = Readonly<{ at: string; overSeconds: number; verdict: Verdict; consumers: readonly LagOfConsumer[] }>;

type Pending = Readonly<{ consumer: string; topic: string; count: number; seconds: number }>;
const PENDING = 'select consumer, topic, count(*)::int as count, extract(epoch from now() - min(committed_at))::float8 as seconds from log.pending group by consumer, topic';

/** Looks at all consumers every few seconds, whether they run or not, and keeps what it saw for a minute: a lag alone does not tell whether it grows. */
@Injectable()
export class LagWatch implements OnModuleInit, OnModuleDestroy {
  readonly #pool: Pool;
  readonly #lag: LogLag;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #metrics: Metrics;
  /** By consumer and topic, and by partition of these. */
  readonly #samples = new Map<string, Sample[]>();
  #timer: NodeJS.Timeout | undefined;
  #last: Readonly<{ at: Instant; seen: readonly PartitionLag[] }> | undefined;
  #looking: Promise<void> | undefined;
  #failed = false;

  constructor(@Inject(POOL) pool: Pool, @Inject(LOG_BOUNDS) ends: LogBounds, @Inject(LOG_READER) reader: LogReader, @Inject(LOG_TOPICS) topics: LogTopics, @Inject(CLOCK) clock: Clock, @Inject(LOG) log: Log, @Inject(METRICS) metrics: Metrics) {
    [this.#pool, this.#lag, this.#clock, this.#log, this.#metrics] = [pool, new LogLag(pool, ends, reader, topics.nameOf), clock, log, metrics];
  }

  onModuleInit(): void {
    const labels = ['consumer', 'topic'] as const;
    const each = (set: (at: { consumer: string; topic: string }, samples: readonly Sample[]) => void) => {
      for (const { consumer, topic } of OURS) set({ consumer, topic }, this.#samples.get(nameOf({ consumer, topic })) ?? []);
    };
    this.#metrics.gauge('lag_seconds', 'Age of the oldest record that a consumer has not processed, whether it runs or not; 0: none waits', labels, (gauge) => each((at, samples) => gauge.set(at, samples.at(-1)?.seconds ?? 0)));
    this.#metrics.gauge('lag_records', 'Records that a consumer has not processed, whether it runs or not', labels, (gauge) => each((at, samples) => gauge.set(at, samples.at(-1)?.records ?? 0)));
    this.#metrics.gauge('lag_growing', '1 while the lag of a consumer grows', labels, (gauge) => each((at, samples) => gauge.set(at, trendOf(samples) === 'growing' ? 1 : 0)));
    this.#metrics.gauge('lag_look_age_seconds', 'Age of the last look at the lags', [], (gauge) => { if (this.#last) gauge.set((this.#clock.now() - this.#last.at) / 1_000); });
    this.#timer = setInterval(() => void this.#tick(), LOOK_MS);
    void this.#tick();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking?.catch(() => undefined);
  }

  /** As it is now, with the trend over what was seen so far. @throws what Postgres or the brokers answer: an old look is not shown as now */
  async now(): Promise<LagAnswer> {
    if (!this.#last || this.#clock.now() - this.#last.at > YOUNG_MS) await this.#look();
    const { at, seen } = this.#last!;
    const [pending, causes] = await Promise.all([query<Pending>(this.#pool, PENDING), parkedCauses(this.#pool)]);
    const consumers = [...byConsumer(seen).values()].map((partitions): LagOfConsumer => {
      const { consumer, topic } = partitions[0]!;
      const samples = this.#samples.get(nameOf({ consumer, topic }))!;
      const trend = trendOf(samples);
      const waits = pending.find((row) => row.consumer === consumer && row.topic === topic);
      const { records, seconds } = samples.at(-1)!;
      const shown = partitions.map((lag) => this.#partitionOf(lag, at));
      return {
        consumer, topic, ours: OURS.some((one) => nameOf(one) === nameOf({ consumer, topic })), records, seconds, trend, verdict: worst([verdictOf({ seconds }, trend), ...shown.map(({ verdict }) => verdict)]),
        pending: { count: waits?.count ?? 0, oldestSeconds: rounded(waits?.seconds ?? 0) }, parked: causes.filter((cause) => cause.consumer === consumer).map(({ code, records: of, keys }) => ({ code, records: of, keys })), partitions: shown,
      };
    });
    const first = Math.min(...[...this.#samples.values()].map((samples) => samples[0]?.at ?? at));
    return { at: toIso(at), overSeconds: Math.round((at - first) / 1_000), verdict: worst(consumers.filter(({ ours }) => ours).map(({ verdict }) => verdict)), consumers };
  }

  #partitionOf({ consumer, topic, partition, next, begin, end, records, waitingSince }: PartitionLag, at: Instant): LagOfPartition {
    const trend = trendOf(this.#samples.get(`${nameOf({ consumer, topic })}/${partition}`)!);
    const seconds = secondsOf(waitingSince, at);
    return { partition, next, begin, end, records, seconds: waitingSince === undefined ? null : seconds, trend, verdict: verdictOf({ seconds }, trend) };
  }

  async #tick(): Promise<void> {
    try {
      await this.#look();
      this.#failed = false;
    } catch (error) {
      if (!this.#failed) this.#log.warn({ error }, 'could not look at the lags; looks again');
      this.#failed = true;
    }
  }

  /** One look at a time; whoever asks meanwhile waits for it. */
  #look(): Promise<void> {
    return (this.#looking ??= this.#seen().finally(() => { this.#looking = undefined; }));
  }

  async #seen(): Promise<void> {
    // What publishes has a checkpoint and reads nothing; a name with a dot is that of tables which a rebuild fills, or has put aside.
    const found = await query<LogConsumer>(this.#pool, `select distinct consumer, topic from log.checkpoint where topic = any($1::text[]) and consumer <> 'publishing' and consumer not like '%.%'`, [TOPIC_NAMES]);
    const consumers = [...OURS, ...found.filter((one) => !OURS.some((ours) => nameOf(ours) === nameOf(one)))];
    const seen = await this.#lag.of(consumers);
    const at = this.#clock.now();
    const kept = new Set<string>();
    const add = (name: string, sample: Sample) => {
      kept.add(name);
      this.#samples.set(name, [...(this.#samples.get(name) ?? []).filter((one) => at - one.at <= WINDOW_MS), sample]);
    };
    for (const [name, partitions] of byConsumer(seen)) {
      for (const { partition, records, waitingSince } of partitions) add(`${name}/${partition}`, { at, records, seconds: secondsOf(waitingSince, at) });
      add(name, { at, records: partitions.reduce((sum, { records }) => sum + records, 0), seconds: Math.max(0, ...partitions.map(({ waitingSince }) => secondsOf(waitingSince, at))) });
    }
    for (const name of this.#samples.keys()) if (!kept.has(name)) this.#samples.delete(name);
    this.#last = { at, seen };
  }
}

const byConsumer = (lags: readonly PartitionLag[]): ReadonlyMap<string, readonly PartitionLag[]> => {
  const found = new Map<string, PartitionLag[]>();
  for (const lag of lags.toSorted((a, b) => a.partition - b.partition)) found.set(nameOf(lag), [...(found.get(nameOf(lag)) ?? []), lag]);
  return found;
};
const rounded = (seconds: number): number => Math.round(seconds * 10) / 10;
const secondsOf = (since: Instant | null | undefined, at: Instant): number => (since === null || since === undefined ? 0 : rounded(Math.max(0, at - since) / 1_000));
