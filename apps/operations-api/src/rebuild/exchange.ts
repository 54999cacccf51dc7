import { query, type Client, type Pool, type ProjectionTable } from '@touchpoint/store';
import type { ResultRow } from '../operation.ts';
import { holdingPartition, livePositions, passedByOf } from './live.ts';
import type { PartitionFold } from './partition-fold.ts';

/** A read model in which a customer's rows were folded otherwise than they stood. */
export type Exchanged = ResultRow & Readonly<{ model: string; customer: string; rowsBefore: number; rowsAfter: number }>;
type Exchange = Readonly<{ pool: Pool; fold: PartitionFold; tables: readonly ProjectionTable[]; partition: number; customers: readonly string[]; apply: boolean }>;
/** Records that may be left to read while the projector waits. */
const CLOSE = 2_000;
/** Called in the transaction of the exchange. */
export type OnExchange = Readonly<{
  /** As soon as the projector waits. */
  before?: (client: Client) => Promise<void>;
  /** `at`: where the projector stands. */
  after: (client: Client, exchanged: readonly Exchanged[], at: number) => Promise<void>;
}>;

/** Thrown to leave a transaction as it was: a dry run. */
class Undone extends Error {
  readonly exchanged: readonly Exchanged[];
  constructor(exchanged: readonly Exchanged[]) {
    super('nothing was changed');
    this.exchanged = exchanged;
  }
}

/**
 * Folds customers of a partition anew, from the log's beginning, and puts their rows in the place of those that stand there. The projector waits at this partition
 * meanwhile: for the few records that have come since the fold began. Not applied, all is left as it was, and `after` is not called. @returns what was different
 */
export const exchangeCustomers = async ({ pool, fold, tables, partition, customers, apply }: Exchange, { before, after }: OnExchange): Promise<readonly Exchanged[]> => {
  const folded = fold.customers(partition, customers);
  // Again, for as long as it comes closer: the projector is not to wait while much is read.
  for (let [read, ahead] = [0, Infinity]; ; ) {
    const stands = (await livePositions(pool)).get(partition) ?? 0;
    if ((read > 0 && stands - read <= CLOSE) || stands - read > ahead / 2 || stands === 0) break;
    await folded.upTo(stands, await passedByOf(pool, partition, customers));
    [read, ahead] = [stands, stands - read];
  }
  try {
    return await holdingPartition(pool, partition, async (client, to) => {
      await before?.(client);
      const rows = await folded.upTo(to, await passedByOf(client, partition, customers));
      const stood = await sumsOf(client, tables, customers);
      await fold.replace(client, customers, rows);
      const exchanged = differences(stood, await sumsOf(client, tables, customers));
      if (!apply) throw new Undone(exchanged);
      await after(client, exchanged, to);
      return exchanged;
    });
  } catch (error) {
    if (error instanceof Undone) return error.exchanged;
    throw error;
  }
};

type Sums = ReadonlyMap<string, Readonly<{ rows: number; sum: string }>>;
const sumsOf = async (client: Client, tables: readonly ProjectionTable[], customers: readonly string[]): Promise<Sums> => {
  const sums = new Map<string, { rows: number; sum: string }>();
  for (const { projection: { name }, select } of tables)
    for (const { customer_id, rows, sum } of await query<{ customer_id: string; rows: number; sum: string }>(client,
      `select customer_id, count(*)::int as rows, sum(hashtextextended(t::text, 0))::text as sum from (${select}) t where customer_id = any($1::uuid[]) group by 1`, [customers])) sums.set(`${name} ${customer_id}`, { rows, sum });
  return sums;
};
const differences = (before: Sums, after: Sums): readonly Exchanged[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key)?.sum !== after.get(key)?.sum).sort().map((key) => {
    const [model, customer] = key.split(' ') as [string, string];
    return { model, customer, rowsBefore: before.get(key)?.rows ?? 0, rowsAfter: after.get(key)?.rows ?? 0 };
  });
