import { Inject, Injectable } from '@nestjs/common';
import { declaredTopics, LOG_BOUNDS, LOG_READER, LOG_TOPICS, type LogBounds, type LogReader, type LogTopics } from '@touchpoint/log';
import { toIso } from '@touchpoint/kernel';

/** What the log holds of a partition: `begin` is its first offset, `end` the one behind its last. */
export type TopicPartition = Readonly<{ partition: number; begin: number; end: number; records: number }>;
/** A declared topic as the broker has it. `oldest`: when the first record that is kept came. */
export type TopicStatus = Readonly<{ name: string; partitions: number; records: number; oldest: string | null; retention: string; key: string; why: string; each: readonly TopicPartition[] }>;

/** The topics that deploy/topics.yaml declares. That all of them are there was seen when this app started. */
@Injectable()
export class TopicsQuery {
  readonly #ends: LogBounds;
  readonly #reader: LogReader;
  readonly #topics: LogTopics;

  constructor(@Inject(LOG_BOUNDS) ends: LogBounds, @Inject(LOG_READER) reader: LogReader, @Inject(LOG_TOPICS) topics: LogTopics) {
    [this.#ends, this.#reader, this.#topics] = [ends, reader, topics];
  }

  async all(): Promise<readonly TopicStatus[]> {
    return Promise.all(declaredTopics().map(async ({ name: bare, retention, key, why }) => {
      const name = this.#topics.nameOf(bare);
      const bounds = [...(await this.#ends.of(name))].sort(([a], [b]) => a - b);
      const each = bounds.map(([partition, { low, high }]) => ({ partition, begin: low, end: high, records: high - low }));
      const firsts = await Promise.all(each.filter(({ records }) => records > 0).map(async ({ partition, begin }) => (await this.#reader.read(name, partition, [begin]))[0]?.timestamp));
      const times = firsts.filter((time) => time !== undefined);
      return { name, partitions: each.length, records: each.reduce((sum, { records }) => sum + records, 0), oldest: times.length === 0 ? null : toIso(Math.min(...times)), retention, key, why, each };
    }));
  }
}
