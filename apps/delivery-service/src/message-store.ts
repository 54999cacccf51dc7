import type { CheckpointKey, Client, Queryable } from '@touchpoint/store';
import { query } from '@touchpoint/store';

/** How a command ended, for now or for good. */
export type Settlement =
  | Readonly<{ state: 'sent'; provider: string; providerMessageId: string | null }>
  | Readonly<{ state: 'retry'; provider: string; reason: string; afterMs: number }>
  | Readonly<{ state: 'failed'; provider: string | null; reason: string }>
  | Readonly<{ state: 'held'; reason: string }>
  | Readonly<{ state: 'unknown'; provider: string; reason: string }>;

/** A command that this process may hand to its provider, until the deadline. */
export type Claim = Readonly<{ commandId: string; attempt: number; command: Buffer }>;

type Row = { command_id: string; attempt: number; command: Buffer };
const claimOf = ({ command_id, attempt, command }: Row): Claim => ({ commandId: command_id, attempt, command });

/** Claims new commands. One that was here before is not claimed again: it is settled, or its claimer's deadline runs. */
export const claimNew = async (client: Client, { topic, partition }: CheckpointKey, commands: readonly Readonly<{ commandId: string; customerId: string; command: Buffer }>[], limitMs: number): Promise<readonly Claim[]> => {
  if (commands.length === 0) return [];
  const { rows } = await client.query<Row>({
    name: 'claim-new',
    text: `insert into delivery.message (command_id, customer_id, command, topic, partition, state, attempt, deadline)
      select c.*, $4, $5, 'claimed', 1, now() + $6::float8 * interval '1 ms' from unnest($1::uuid[], $2::uuid[], $3::bytea[]) c
      on conflict (command_id) do nothing returning command_id, attempt, command`,
    values: [commands.map(({ commandId }) => commandId), commands.map(({ customerId }) => customerId), commands.map(({ command }) => command), topic, partition, limitMs],
  });
  return rows.map(claimOf);
};

/** Claims again what is due for another attempt. */
export const claimRetries = async (on: Queryable, { topic, partition }: CheckpointKey, limitMs: number, most: number): Promise<readonly Claim[]> =>
  (await query<Row>(on, `update delivery.message m set state = 'claimed', attempt = m.attempt + 1, next_attempt_at = null, deadline = now() + $3::float8 * interval '1 ms'
    where m.command_id in (select command_id from delivery.message where topic = $1 and partition = $2 and state = 'retry' and next_attempt_at <= now() order by next_attempt_at limit $4 for update skip locked)
    returning m.command_id, m.attempt, m.command`, [topic, partition, limitMs, most])).map(claimOf);

/** Claims whose deadline passed without an outcome: the process that made the call died with its answer. */
export const lostClaims = async (on: Queryable, { topic, partition }: CheckpointKey, most: number): Promise<readonly Claim[]> =>
  (await query<Row>(on, `select command_id, attempt, command from delivery.message
    where topic = $1 and partition = $2 and state = 'claimed' and deadline < now() order by deadline limit $3`, [topic, partition, most])).map(claimOf);

/** Takes over a lost claim for one more attempt; undefined when its outcome came after all. */
export const reclaim = async (on: Queryable, { commandId, attempt }: Claim, limitMs: number): Promise<Claim | undefined> =>
  (await query<Row>(on, `update delivery.message set attempt = attempt + 1, deadline = now() + $3::float8 * interval '1 ms'
    where command_id = $1 and attempt = $2 and state = 'claimed' and deadline < now() returning command_id, attempt, command`, [commandId, attempt, limitMs])).map(claimOf)[0];

/**
 * Writes an outcome. A late one settles an unknown; one of an attempt that was taken over meanwhile, or a second one, changes nothing.
 * @returns whether it was taken.
 */
export const settle = async (client: Client, { commandId, attempt }: Claim, settlement: Settlement): Promise<boolean> => {
  const { state } = settlement;
  const { rowCount } = await client.query({
    name: 'settle',
    text: `update delivery.message set state = $3, reason = $4, provider = coalesce($5, provider), provider_message_id = $6, deadline = null,
        next_attempt_at = case when $3 = 'retry' then now() + $7::float8 * interval '1 ms' end, settled_at = case when $3 <> 'retry' then now() end
      where command_id = $1 and ((state = 'claimed' and attempt = $2) or (state = 'unknown' and $3 in ('sent', 'failed')))`,
    values: [
      commandId, attempt, state,
      'reason' in settlement ? settlement.reason : null,
      'provider' in settlement ? settlement.provider : null,
      settlement.state === 'sent' ? settlement.providerMessageId : null,
      settlement.state === 'retry' ? settlement.afterMs : null,
    ],
  });
  return rowCount === 1;
};
