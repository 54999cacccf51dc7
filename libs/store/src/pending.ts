import type { Checkpoint, CheckpointKey } from './checkpoint.ts';
import { query, type Pool, type Queryable } from './pool.ts';

export type Pending = Readonly<{ id: number; payload: Buffer }>;

/** What a committed transaction still has to send. @param id the source offset it begins at: unique per partition, and in order. */
export const insertPending = async (client: Queryable, { consumer, topic, partition }: CheckpointKey, { id, payload }: Pending): Promise<void> => {
  await client.query({ name: 'insert-pending', text: 'insert into log.pending (consumer, topic, partition, id, payload) values ($1, $2, $3, $4, $5)', values: [consumer, topic, partition, id, payload] });
};

/** Everything not known to be sent, oldest first. Read after the claim, never before. */
export const readPending = async (pool: Pool, { consumer, topic, partition }: CheckpointKey): Promise<readonly Pending[]> =>
  (await query<{ id: string; payload: Buffer }>(pool, 'select id, payload from log.pending where consumer = $1 and topic = $2 and partition = $3 order by id', [consumer, topic, partition])).map(
    ({ id, payload }) => ({ id: Number(id), payload }),
  );

/** Deletes exactly these rows: a zombie's late delete must not take its successor's. */
export const deletePending = async (pool: Pool, { consumer, topic, partition }: CheckpointKey, ids: readonly number[]): Promise<void> => {
  await query(pool, 'delete from log.pending where consumer = $1 and topic = $2 and partition = $3 and id = any($4::bigint[])', [consumer, topic, partition, ids]);
};

/** What was sent and acknowledged is deleted with the checkpoint's next move, at a tick at the latest. */
export const acknowledged = (checkpoint: Checkpoint, ids: readonly number[]): Checkpoint => ({ ...checkpoint, acknowledged: [...checkpoint.acknowledged, ...ids] });

/** Deletes what was acknowledged, without a move. @returns the checkpoint to go on with */
export const deleteAcknowledged = async (pool: Pool, checkpoint: Checkpoint): Promise<Checkpoint> => {
  if (checkpoint.acknowledged.length === 0) return checkpoint;
  await deletePending(pool, checkpoint, checkpoint.acknowledged);
  return { ...checkpoint, acknowledged: [] };
};
