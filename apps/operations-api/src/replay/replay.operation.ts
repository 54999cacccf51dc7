import { Inject, Injectable } from '@nestjs/common';
import * as z from 'zod';
import { CLOCK, CONFIG, type Clock } from '@touchpoint/host';
import { CONTROL_KEY, invalidMessage, partitionOf, toIso, type CustomerId } from '@touchpoint/kernel';
import { LOG_BOUNDS, type LogBounds, type LogReader, type LogRecord, type LogScanner } from '@touchpoint/log';
import type { OperationsConfig } from '../config.ts';
import type { Operation, Outcome, ResultRow, Running } from '../operation.ts';
import { checkVersions } from '../rebuild/beside.ts';
import { exchangeCustomers } from '../rebuild/exchange.ts';
import { FOLD_PORTS } from '../rebuild/fold-ports.ts';
import { livePositions } from '../rebuild/live.ts';
import { MOST_CUSTOMERS, PartitionFold, type FoldPorts } from '../rebuild/partition-fold.ts';
import { LIVE, MODELS, tablesOf } from '../rebuild/read-models.ts';
import { pacedLog } from './paced-log.ts';
import { plannedRanges, rangesBetween, witnessOf, type Range } from './ranges.ts';
import { forgetOld, keepReplaced, putAside } from './replaced.ts';

const offset = z.int().min(0);
const position = z.string().min(1).max(100);
const Asked = z.strictObject({
  consumer: z.string().max(100),
  /** What lies between two positions … */
  from: position.optional(),
  to: position.default('end'),
  partitions: z.array(offset).min(1).max(10_000).optional(),
  /** … or what a plan says, as an earlier run wrote it. */
  plan: z.array(z.strictObject({ topic: z.string(), partition: offset, from: offset, to: offset, witness: z.string().max(200) })).min(1).max(10_000).optional(),
  customer: z.uuid().optional(),
  models: z.array(z.enum(MODELS as [string, ...string[]])).min(1).max(MODELS.length).default([...MODELS]),
  /** Records a second that are read at most. */
  rate: z.int().min(1).max(100_000_000).optional(),
}).refine(({ from, plan }) => (from === undefined) !== (plan === undefined), { path: ['from'], message: 'say from where, or give a plan' });
type Asked = z.infer<typeof Asked>;

/** What is read from where, and how far it was done. */
type Cursor = Readonly<{ ranges: readonly Range[]; done: number; different: number }>;
/** Whether the projector waits at a partition: nothing is read at a rate then. */
type Hold = { on: boolean };
/** A partition's range with whom it is about. */
type Planned = Range & Readonly<{ records: number; customers: ReadonlySet<string>; row: ResultRow }>;

/** Each thousand of them reads its partition from its beginning: where more are concerned, a rebuild is the shorter way. */
const MOST = 20_000;
/** What has no rows that could be folded anew, and what serves instead. */
const NOT_REPLAYED: Readonly<Record<string, string>> = {
  'identity-resolver': 'what it has said stands on the timeline, and readers would take it for new: what it could not read is tried again with parked retry, customers are joined and parted with identity link and split, and a database that fell behind is brought level with restore',
  'channel-orchestrator': 'what it decided has been sent, and deciding again sends nothing: records that it could not decide on are tried again with parked retry',
  'delivery-service': 'a message is sent once: commands that it could not read are tried again with parked retry',
};

/**
 * Reads a stretch of the log once more: whoever has an event in it is folded anew, from the log's beginning, since read models add up; what comes out otherwise takes the
 * place of what stood there, and that is kept, to be put back. Nothing is said to anybody by it. Dry, it says what it would read: the plan.
 */
@Injectable()
export class Replay implements Operation<Asked> {
  readonly name = 'replay';
  readonly says = 'read a stretch of the log once more, and fold anew whoever has an event in it';
  readonly arguments = Asked;
  readonly exclusive = 'rebuild';
  readonly #ports: FoldPorts;
  readonly #bounds: LogBounds;
  readonly #clock: Clock;
  readonly #keptDays: number;

  constructor(
    @Inject(FOLD_PORTS) ports: FoldPorts,
    @Inject(LOG_BOUNDS) bounds: LogBounds,
    @Inject(CLOCK) clock: Clock,
    @Inject(CONFIG) { REPLAY_KEPT_DAYS }: OperationsConfig,
  ) {
    [this.#ports, this.#bounds, this.#clock, this.#keptDays] = [ports, bounds, clock, REPLAY_KEPT_DAYS];
  }

  async run(asked: Asked, running: Running): Promise<Outcome> {
    const { consumer, plan, customer, models, rate } = asked;
    const why = NOT_REPLAYED[consumer];
    if (why !== undefined) throw invalidMessage('REPLAY.CONSUMER', `${consumer} is not replayed: ${why}`);
    if (consumer !== LIVE) throw invalidMessage('REPLAY.CONSUMER', `there is no consumer ${consumer} that could be replayed: there is ${LIVE}`);
    const { apply, signal, tell } = running;
    let [read, total]: [number, number | undefined] = [0, undefined];
    let doing = 'looking';
    const hold: Hold = { on: false };
    const log = pacedLog(this.#ports.log, { rate, hurried: () => hold.on, signal, onRead: (records) => tell({ doing, unit: 'records', done: (read += records), ...(total !== undefined && { total }) }) });

    const cursor = (running.resumed as Cursor | undefined) ?? { ranges: await this.#ranges(asked), done: 0, different: 0 };
    // "2h ago" stays what it was when the run began.
    if (running.resumed === undefined) await running.keep(cursor);
    total = sum(cursor.ranges.map(({ from, to }) => to - from));
    const planned = await this.#plan(log, cursor.ranges, customer);
    const figures = { records: sum(planned.map(({ records }) => records)), customers: new Set(planned.flatMap(({ customers }) => [...customers])).size, partitions: new Set(planned.map(({ partition }) => partition)).size };
    const about = `${figures.records.toLocaleString('en')} records of ${figures.customers.toLocaleString('en')} customers on ${figures.partitions} partitions`;
    if (plan === undefined && !apply) {
      await running.keep(null, planned.map(({ row }) => row));
      return { summary: `The plan: ${about}. Save it with --csv FILE, look at it, take out what is not wanted, and give it back with --plan FILE`, figures };
    }
    await checkVersions(this.#ports.pool, models);
    await forgetOld(this.#ports.pool, this.#keptDays);
    const groups = groupsOf(planned);
    const positions = await livePositions(this.#ports.pool);
    [doing, read, total] = ['folding', 0, sum(groups.slice(cursor.done).map(({ partition }) => positions.get(partition) ?? 0))];
    const different = await this.#exchange(log, groups, models, cursor, running, hold);
    return {
      summary: `${about}: ${different === 0 ? 'folded anew, their rows are what they were' : `folded anew, ${different} read models of theirs ${apply ? 'were' : 'are'} different`}${apply && different > 0 ? `; what they replaced is kept for ${this.#keptDays} days: npx touchpoint replay undo ${running.id}` : ''}`,
      figures: { ...figures, different },
    };
  }

  #ranges({ from, to, partitions, plan }: Asked): Promise<readonly Range[]> {
    const ports = { bounds: this.#bounds, log: this.#ports.log, topic: this.#ports.topic };
    if (plan === undefined) return rangesBetween(from!, to, partitions, { ...ports, now: this.#clock.now() });
    const other = plan.find(({ topic }) => topic !== this.#ports.topic);
    if (other) throw invalidMessage('REPLAY.PLAN', `the plan is for ${other.topic}; this system reads ${this.#ports.topic}`);
    return plannedRanges(partitions ? plan.filter(({ partition }) => partitions.includes(partition)) : plan, ports);
  }

  /** Whom the ranges are about. */
  async #plan(log: LogScanner, ranges: readonly Range[], customer: string | undefined): Promise<readonly Planned[]> {
    const planned: Planned[] = [];
    const all = new Set<string>();
    const its = customer === undefined ? undefined : partitionOf(customer as CustomerId, this.#ports.partitions);
    for (const { partition, from, to } of ranges) {
      if (its !== undefined && its !== partition) continue;
      const customers = new Set<string>();
      let [records, first, last]: [number, LogRecord | undefined, LogRecord | undefined] = [0, undefined, undefined];
      for await (const some of log.scan(this.#ports.topic, partition, from, to)) {
        first ??= some[0];
        last = some.at(-1);
        for (const { key } of some) {
          if (key === CONTROL_KEY || (customer !== undefined && key !== customer)) continue;
          records += 1;
          customers.add(key);
          all.add(key);
        }
        if (all.size > MOST) throw invalidMessage('REPLAY.TOO_MANY', `more than ${MOST.toLocaleString('en')} customers have an event in that range: replay a smaller one, or rebuild the read models, which is the shorter way then`);
      }
      if (records === 0) continue;
      const row = { consumer: LIVE, topic: this.#ports.topic, partition, from, to, records, customers: customers.size, first_at: toIso(first!.timestamp), last_at: toIso(last!.timestamp), witness: witnessOf(last!) };
      planned.push({ partition, from, to, records, customers, row });
    }
    return planned;
  }

  async #exchange(log: LogReader & LogScanner, groups: readonly Group[], models: readonly string[], { ranges, done, different: before }: Cursor, { id, apply, keep, signal }: Running, hold: Hold): Promise<number> {
    const tables = tablesOf(models, 'live');
    const fold = new PartitionFold({ ...this.#ports, log }, LIVE, tables);
    let different = before;
    for (const [nth, { partition, customers }] of groups.entries()) {
      if (nth < done) continue;
      signal.throwIfAborted();
      const exchanged = await exchangeCustomers({ pool: this.#ports.pool, fold, tables, partition, customers, apply }, {
        before: (client) => {
          hold.on = true;
          return putAside(client, tables, customers);
        },
        after: async (client, rows, stoodAt) => {
          await keepReplaced(client, tables, { runId: id, nth, partition, stoodAt }, rows);
          await keep({ ranges, done: nth + 1, different: different + rows.length } satisfies Cursor, rows, client);
        },
      });
      hold.on = false;
      different += exchanged.length;
      if (!apply) await keep({ ranges, done: nth + 1, different } satisfies Cursor, exchanged);
    }
    return different;
  }
}

/** So many of one partition as are folded at once; the same ranges give the same groups in the same order. */
type Group = Readonly<{ partition: number; customers: readonly string[] }>;
const groupsOf = (planned: readonly Planned[]): readonly Group[] =>
  [...Map.groupBy(planned, ({ partition }) => partition)].sort(([a], [b]) => a - b).flatMap(([partition, ranges]) => {
    const customers = [...new Set(ranges.flatMap((range) => [...range.customers]))].sort();
    return Array.from({ length: Math.ceil(customers.length / MOST_CUSTOMERS) }, (_, i) => ({ partition, customers: customers.slice(i * MOST_CUSTOMERS, (i + 1) * MOST_CUSTOMERS) }));
  });
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
