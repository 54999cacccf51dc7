import { transient } from '@touchpoint/kernel';
import { anchorOf, checkAnchor, type LogReader, type LogRecord, type PartitionSession } from '@touchpoint/log';
import { advanceCheckpoint, claimCheckpoint, type Checkpoint } from './checkpoint.ts';
import { transaction, type Pool } from './pool.ts';

export const EFFECTS = `create table effect (topic text not null, partition integer not null, "offset" bigint not null, value text not null, worker text not null);`;

export type EffectsPorts = Readonly<{
  pool: Pool;
  topic: string;
  consumer: string;
  worker: string;
  reader?: LogReader;
  /** Called at each point where a process may fail; throws to make it fail there. */
  mayFail?: (at: 'claimed' | 'before' | 'within' | 'committed' | 'tick') => void | Promise<void>;
  onTick?: (partition: number, tick: { end: number; at: number }) => void;
  /** At most so many records in one transaction. */
  chunk?: number;
}>;

/** The smallest real session: a row per record, in one transaction with the checkpoint. The table has no key, so that a doubled effect shows. */
export const openEffects = async (ports: EffectsPorts, partition: number): Promise<PartitionSession> => {
  const { pool, topic, consumer, worker, reader, mayFail = () => undefined, onTick, chunk = Infinity } = ports;
  let checkpoint: Checkpoint = await claimCheckpoint(pool, { consumer, topic, partition });
  await mayFail('claimed');
  if (reader) await checkAnchor(reader, topic, partition, checkpoint);
  let busy = false;
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    if (busy) throw new Error('calls of one session overlap');
    busy = true;
    try {
      return await work();
    } finally {
      busy = false;
    }
  };
  return {
    get next() {
      return checkpoint.next;
    },
    process: (records) =>
      alone(async () => {
        await mayFail('before');
        const taken: readonly LogRecord[] = records.slice(0, chunk);
        const last = taken.at(-1)!;
        const moved = await transaction(pool, async (client) => {
          const after = await advanceCheckpoint(client, checkpoint, { next: last.offset + 1, anchor: anchorOf(last) });
          await client.query('insert into effect select $1, $2, * , $5 from unnest($3::bigint[], $4::text[])', [topic, partition, taken.map(({ offset }) => offset), taken.map(({ value }) => value.toString()), worker]);
          await mayFail('within');
          return after;
        });
        await mayFail('committed');
        checkpoint = moved;
      }),
    tick: (tick) =>
      alone(async () => {
        await mayFail('tick');
        onTick?.(partition, tick);
      }),
  };
};

export const broken = () => transient('SPEC.BROKEN', 'broken by the spec');

/** What became of a topic: every offset must be there once, in the order of the log. */
export const effectsOf = async (pool: Pool, topic: string): Promise<Readonly<{ rows: number; distinct: number; upTo: ReadonlyMap<number, number> }>> => {
  const { rows } = await pool.query<{ partition: number; rows: string; distinct: string; last: string }>('select partition, count(*) as rows, count(distinct "offset") as distinct, max("offset") + 1 as last from effect where topic = $1 group by 1 order by 1', [topic]);
  return {
    rows: rows.reduce((sum, row) => sum + Number(row.rows), 0),
    distinct: rows.reduce((sum, row) => sum + Number(row.distinct), 0),
    upTo: new Map(rows.map(({ partition, last }) => [partition, Number(last)])),
  };
};
