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
 * Writes outcomes. A late one settles an unknown; one of an attempt that was taken over meanwhile, or a second one, changes nothing.
 * @returns the ids of those that were taken.
 */
export const settle = async (client: Client, settled: readonly Readonly<{ claim: Claim; settlement: Settlement }>[]): Promise<ReadonlySet<string>> => {
  const columns = settled.map(({ claim: { commandId, attempt }, settlement }) => [
    commandId, attempt, settlement.state,
    'reason' in settlement ? settlement.reason : null,
    'provider' in settlement ? settlement.provider : null,
    settlement.state === 'sent' ? settlement.providerMessageId : null,
    settlement.state === 'retry' ? settlement.afterMs : null,
  ] as const);
  const { rows } = await client.query<{ command_id: string }>({
    name: 'settle',
    text: `update delivery.message m set state = s.state, reason = s.reason, provider = coalesce(s.provider, m.provider), provider_message_id = s.provider_message_id, deadline = null,
        next_attempt_at = case when s.state = 'retry' then now() + s.after_ms * interval '1 ms' end, settled_at = case when s.state <> 'retry' then now() end
      from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float8[]) s (command_id, attempt, state, reason, provider, provider_message_id, after_ms)
      where m.command_id = s.command_id and ((m.state = 'claimed' and m.attempt = s.attempt) or (m.state = 'unknown' and s.state in ('sent', 'failed')))
      returning m.command_id`,
    values: Array.from({ length: 7 }, (_, i) => columns.map((row) => row[i])),
  });
  return new Set(rows.map(({ command_id }) => command_id));
};

/** Outcomes that are committed and still to be sent. @returns their id in log.pending. */
export const insertOutcomes = async (client: Client, { consumer, topic, partition }: CheckpointKey, payload: Buffer): Promise<number> => {
  const { rows } = await client.query<{ id: string }>({
    name: 'insert-outcomes',
    text: "insert into log.pending (consumer, topic, partition, id, payload) values ($1, $2, $3, nextval('delivery.outcome_number'), $4) returning id",
    values: [consumer, topic, partition, payload],
  });
  return Number(rows[0]!.id);
};
