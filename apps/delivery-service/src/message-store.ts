import type { CheckpointKey, Client, Queryable } from '@touchpoint/store';
import { query } from '@touchpoint/store';

/** How a command ended, for now or for good. */
export type Settlement =
  | Readonly<{ state: 'sent'; provider: string; providerMessageId: string | null }>
  /** lost: it was not answered, and may have been carried. */
  | Readonly<{ state: 'retry'; provider: string; reason: string; afterMs: number; lost: boolean }>
  /** It could not be handed over yet: no attempt was made. */
  | Readonly<{ state: 'waiting'; reason: string; afterMs: number }>
  | Readonly<{ state: 'failed'; provider: string | null; reason: string }>
  | Readonly<{ state: 'held'; reason: string }>
  /** attempt: the last one that was not answered. */
  | Readonly<{ state: 'unknown'; provider: string | null; reason: string; attempt: number }>;

/** A command that this process may hand to its provider, until the deadline. `lost`: the last attempt before this one that was not answered. */
export type Claim = Readonly<{ commandId: string; attempt: number; lost: number | null; command: Buffer }>;

type Row = { command_id: string; attempt: number; lost_attempt: number | null; command: Buffer };
const claimOf = ({ command_id, attempt, lost_attempt, command }: Row): Claim => ({ commandId: command_id, attempt, lost: lost_attempt, command });

/** Claims new commands. One that was here before is not claimed again: it is settled, it waits, or its claimer's deadline runs. */
export const claimNew = async (client: Client, { topic, partition }: CheckpointKey, commands: readonly Readonly<{ commandId: string; customerId: string; command: Buffer }>[], limitMs: number): Promise<readonly Claim[]> => {
  if (commands.length === 0) return [];
  const { rows } = await client.query<Row>({
    name: 'claim-new',
    text: `insert into delivery.message (command_id, customer_id, command, topic, partition, state, attempt, deadline)
      select c.*, $4, $5, 'claimed', 1, now() + $6::float8 * interval '1 ms' from unnest($1::uuid[], $2::uuid[], $3::bytea[]) c
      on conflict (command_id) do nothing returning command_id, attempt, lost_attempt, command`,
    values: [commands.map(({ commandId }) => commandId), commands.map(({ customerId }) => customerId), commands.map(({ command }) => command), topic, partition, limitMs],
  });
  return rows.map(claimOf);
};

/** Claims again what is due for another attempt; and claims whose deadline passed without an outcome: the process that made the call died with its answer. */
export const claimDue = async (on: Queryable, { topic, partition }: CheckpointKey, limitMs: number, most: number): Promise<readonly Claim[]> =>
  (await query<Row>(on, `with due as (select command_id from delivery.message where topic = $1 and partition = $2 and state = 'retry' and next_attempt_at <= now() order by next_attempt_at limit $4 for update skip locked),
      lost as (select command_id from delivery.message where topic = $1 and partition = $2 and state = 'claimed' and deadline < now() order by deadline limit $4 for update skip locked),
      chosen as (select * from lost union all select * from due limit $4)
    update delivery.message m set state = 'claimed', attempt = m.attempt + 1, lost_attempt = case when m.state = 'claimed' then m.attempt else m.lost_attempt end,
      next_attempt_at = null, deadline = now() + $3::float8 * interval '1 ms'
    from chosen where m.command_id = chosen.command_id returning m.command_id, m.attempt, m.lost_attempt, m.command`, [topic, partition, limitMs, most])).map(claimOf);

/**
 * Writes outcomes. One of an attempt that was taken over meanwhile, or a second one, changes nothing; but that a message was sent is certain whoever says so,
 * and an unknown is settled late. What waits gets its attempt back.
 * @returns the ids of those that were taken.
 */
export const settle = async (client: Client, settled: readonly Readonly<{ claim: Claim; settlement: Settlement }>[]): Promise<ReadonlySet<string>> => {
  const columns = settled.map(({ claim: { commandId, attempt }, settlement }) => [
    commandId, attempt, settlement.state,
    'reason' in settlement ? settlement.reason : null,
    'provider' in settlement ? settlement.provider : null,
    settlement.state === 'sent' ? settlement.providerMessageId : null,
    'afterMs' in settlement ? settlement.afterMs : null,
    settlement.state === 'unknown' ? settlement.attempt : settlement.state === 'retry' && settlement.lost ? attempt : null,
  ] as const);
  const { rows } = await client.query<{ command_id: string }>({
    name: 'settle',
    text: `update delivery.message m set state = case s.state when 'waiting' then 'retry' else s.state end, attempt = m.attempt - (s.state = 'waiting')::integer,
        lost_attempt = case when s.state in ('retry', 'waiting', 'unknown') then coalesce(s.lost_attempt, m.lost_attempt) end,
        reason = s.reason, provider = coalesce(s.provider, m.provider), provider_message_id = s.provider_message_id, deadline = null,
        next_attempt_at = now() + s.after_ms * interval '1 ms', settled_at = case when s.after_ms is null then now() end
      from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float8[], $8::integer[]) s (command_id, attempt, state, reason, provider, provider_message_id, after_ms, lost_attempt)
      where m.command_id = s.command_id and ((m.state = 'claimed' and m.attempt = s.attempt) or (m.state in ('claimed', 'retry', 'unknown') and s.state = 'sent') or (m.state = 'unknown' and s.state = 'failed'))
      returning m.command_id`,
    values: Array.from({ length: 8 }, (_, i) => columns.map((row) => row[i])),
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
