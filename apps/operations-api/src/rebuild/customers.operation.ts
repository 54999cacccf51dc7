import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { halt, partitionOf, type CustomerId } from '@touchpoint/kernel';
import { LOG_READER, LOG_TOPICS, MESSAGE_READER, TOPICS, type LogReader, type LogScanner, type LogTopics, type MessageReader } from '@touchpoint/log';
import { POOL, query, type Client, type Pool, type ProjectionTable } from '@touchpoint/store';
import type { Operation, Outcome, ResultRow, Running } from '../operation.ts';
import { liveVersions } from './beside.ts';
import { holdingPartition, livePositions, passedByOf } from './live.ts';
import { MOST_CUSTOMERS, PartitionFold } from './partition-fold.ts';
import { LIVE, MODELS, tablesOf } from './read-models.ts';

const Asked = z.strictObject({
  customers: z.array(z.uuid()).min(1).max(MOST_CUSTOMERS),
  models: z.array(z.enum(MODELS as [string, ...string[]])).min(1).max(MODELS.length).default([...MODELS]),
});
type Asked = z.infer<typeof Asked>;

/** Thrown to leave a transaction as it was: a dry run. */
class Undone extends Error {}

/** Folds single customers anew, from the log's beginning, and puts their rows in the place of those that stand there. The projector waits at their partition meanwhile. */
@Injectable()
export class RebuildCustomers implements Operation<Asked> {
  readonly name = 'rebuild-customers';
  readonly says = 'fold single customers anew, in place';
  readonly arguments = Asked;
  readonly exclusive = 'rebuild';
  readonly #pool: Pool;
  readonly #log: LogReader & LogScanner;
  readonly #reader: MessageReader;
  readonly #topic: string;
  readonly #partitions: number;

  constructor(@Inject(POOL) pool: Pool, @Inject(LOG_READER) log: LogReader & LogScanner, @Inject(MESSAGE_READER) reader: MessageReader, @Inject(LOG_TOPICS) topics: LogTopics) {
    [this.#pool, this.#log, this.#reader] = [pool, log, reader];
    [this.#topic, this.#partitions] = [topics.nameOf(TOPICS.timeline), topics.partitionsOf(TOPICS.timeline)];
  }

  async run({ customers, models }: Asked, { apply, tell, keep, signal, resumed }: Running): Promise<Outcome> {
    await this.#checkVersions(models);
    const tables = tablesOf(models, 'live');
    const fold = new PartitionFold({ pool: this.#pool, log: this.#log, reader: this.#reader, topic: this.#topic, partitions: this.#partitions }, LIVE, tables);
    const byPartition = Map.groupBy(new Set(customers), (id) => partitionOf(id as CustomerId, this.#partitions));
    const { done, changed } = (resumed as { done: number[]; changed: number } | undefined) ?? { done: [], changed: 0 };
    let different = changed;
    for (const [partition, theirs] of byPartition) {
      if (done.includes(partition)) continue;
      signal.throwIfAborted();
      tell({ doing: 'folding', unit: 'partitions', done: done.length, total: byPartition.size });
      const leave = new Undone();
      try {
        // What lies far back is folded before the projector is held; the few records behind it, while it is.
        const folded = fold.customers(partition, theirs);
        await folded.upTo((await livePositions(this.#pool)).get(partition) ?? 0, await passedByOf(this.#pool, partition, theirs));
        await holdingPartition(this.#pool, partition, async (client, to) => {
          const rows = await folded.upTo(to, await passedByOf(client, partition, theirs));
          const before = await sumsOf(client, tables, theirs);
          await fold.replace(client, theirs, rows);
          const rowsOf = differences(before, await sumsOf(client, tables, theirs));
          if (!apply) throw Object.assign(leave, { rowsOf });
          different += rowsOf.length;
          done.push(partition);
          await keep({ done, changed: different }, rowsOf, client);
        });
      } catch (error) {
        if (error !== leave) throw error;
        const { rowsOf } = error as unknown as { rowsOf: readonly ResultRow[] };
        different += rowsOf.length;
        done.push(partition);
        await keep({ done, changed: different }, rowsOf);
      }
    }
    return {
      summary: `${new Set(customers).size} customers folded anew from the log: ${different === 0 ? 'their rows are what they were' : `${different} read models of theirs ${apply ? 'were' : 'are'} different`}${apply ? '' : '; nothing was changed'}`,
      figures: { customers: customers.length, different },
    };
  }

  async #checkVersions(models: readonly string[]): Promise<void> {
    const live = await liveVersions(this.#pool);
    const other = tablesOf(models, 'live').filter(({ projection: { name, version } }) => live.get(name) !== version).map(({ projection: { name } }) => name);
    if (other.length > 0) throw halt('REBUILD.OTHER_VERSION', `another version of ${other.join(', ')} is live than this release folds: first rebuild --changed`);
  }
}

type Sums = ReadonlyMap<string, Readonly<{ rows: number; sum: string }>>;
const sumsOf = async (client: Client, tables: readonly ProjectionTable[], customers: readonly string[]): Promise<Sums> => {
  const sums = new Map<string, { rows: number; sum: string }>();
  for (const { projection: { name }, select } of tables)
    for (const { customer_id, rows, sum } of await query<{ customer_id: string; rows: number; sum: string }>(client,
      `select customer_id, count(*)::int as rows, sum(hashtextextended(t::text, 0))::text as sum from (${select}) t where customer_id = any($1::uuid[]) group by 1`, [customers])) sums.set(`${name} ${customer_id}`, { rows, sum });
  return sums;
};
const differences = (before: Sums, after: Sums): readonly ResultRow[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key)?.sum !== after.get(key)?.sum).sort().map((key) => {
    const [model, customer] = key.split(' ') as [string, string];
    return { model, customer, rowsBefore: before.get(key)?.rows ?? 0, rowsAfter: after.get(key)?.rows ?? 0 };
  });
