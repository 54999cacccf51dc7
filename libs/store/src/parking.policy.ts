import { decodeMeta } from '@touchpoint/contracts';
import { withCorrelation, type Log } from '@touchpoint/host';
import { halt } from '@touchpoint/kernel';
import { META, typeOf, type LogRecord } from '@touchpoint/log';
import type { CheckpointKey } from './checkpoint.ts';
import { BEHIND, DEFECT, insertParked, type Parking } from './parked.ts';
import type { Client } from './pool.ts';

/** How many of a partition's customers may be parked for one cause: `least` always, beyond that a share. More is a bad release, not bad customers. */
export const PARKING_LIMIT = { share: 0.01, least: 20 } as const;

/** @param customers of the partition, about. 0: nobody knows yet. */
export const isBadRelease = (parked: number, customers: number): boolean => parked >= PARKING_LIMIT.least && parked > PARKING_LIMIT.share * customers;

/** Whose records a consumer parks. */
export type Parkable = Readonly<{
  /** A table with a row for each of its customers, over all partitions. */
  table: string;
  partitions: number;
  /** Codes that are the publisher's own doing, whatever we release: they stop nobody. */
  excused?: readonly string[];
  log: Log;
}>;

/**
 * Parks records in the transaction of their checkpoint.
 * @throws Failure Halt `PARKED.BAD_RELEASE` when by now too many customers of the partition are parked for one of these causes. With the transaction, nothing of
 * the batch is kept: the release that can read it goes on from there.
 */
export const park = async (client: Client, key: CheckpointKey, parkings: readonly Parking[], { table, partitions, excused = [], log }: Parkable): Promise<void> => {
  if (parkings.length === 0) return;
  await insertParked(client, key, parkings);
  tell(log, key, parkings, excused);
  const causes = [...new Set(parkings.map(({ code }) => code))].filter((code) => code !== BEHIND && !excused.includes(code));
  if (causes.length === 0) return;
  const { consumer, topic, partition } = key;
  const { rows } = await client.query<{ code: string; customers: string }>(
    'select code, count(distinct key) as customers from log.parked where consumer = $1 and topic = $2 and partition = $3 and code = any($4) and not dropped group by code order by 2 desc limit 1',
    [consumer, topic, partition, causes],
  );
  const worst = { code: rows[0]?.code ?? '', parked: Number(rows[0]?.customers ?? 0) };
  if (worst.parked < PARKING_LIMIT.least) return;
  const customers = (await estimatedRows(client, table)) / partitions;
  if (isBadRelease(worst.parked, customers))
    throw halt('PARKED.BAD_RELEASE', `${topic}/${partition}: ${worst.parked} of about ${Math.round(customers)} customers would be parked for ${worst.code}: that is no matter of single customers. Release what can read them, then let the parked ones be retried.`);
};

/** One line for each cause in a batch, with the first of its records: a bad release parks many at once. What is only behind another says nothing. */
const tell = (log: Log, { consumer, topic, partition }: CheckpointKey, parkings: readonly Parking[], excused: readonly string[]): void => {
  const causes = new Map<string, { first: Parking; count: number }>();
  for (const parking of parkings) {
    const cause = causes.get(parking.code);
    if (cause) cause.count += 1;
    else if (parking.code !== BEHIND) causes.set(parking.code, { first: parking, count: 1 });
  }
  for (const [code, { first: { record, error }, count }] of causes) {
    const level = excused.includes(code) ? 'info' : code === DEFECT ? 'error' : 'warn';
    const { messageId, correlationId } = idsOf(record);
    const say = () => log[level]({ consumer, topic, partition, offset: record.offset, type: typeOf(record), messageId, code, count, error }, 'a record could not be processed, and is parked');
    if (correlationId) withCorrelation({ correlationId }, say);
    else say();
  }
};

/** A record may be parked because this is what cannot be read of it. */
const idsOf = ({ headers }: LogRecord): Readonly<{ messageId?: string; correlationId?: string | null }> => {
  try {
    return headers[META] ? decodeMeta(headers[META]) : {};
  } catch {
    return {};
  }
};

/** As Postgres' statistics have it: no count of millions while a batch waits. */
const estimatedRows = async (client: Client, table: string): Promise<number> =>
  Number((await client.query<{ rows: string }>('select greatest(reltuples, 0)::bigint as rows from pg_class where oid = $1::regclass', [table])).rows[0]?.rows ?? 0);
