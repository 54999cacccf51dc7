import { at } from '@touchpoint/host/moments';
import { advanceWith, arrayOf, query, type Advance, type Checkpoint, type CheckpointKey, type Pool, type Queryable } from '@touchpoint/store';

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

/** What is passed on from the event that a command follows from to its outcome. */
export type Thread = Readonly<{ correlationId: string | null; traceparent: string | null }>;

/** A command that this process may hand to its provider, until the deadline. `lost`: the last attempt before this one that was not answered. */
export type Claim = Readonly<{ commandId: string; attempt: number; lost: number | null; command: Buffer; thread: Thread }>;

type Row = { command_id: string; attempt: number; lost_attempt: number | null; command: Buffer; correlation_id: string | null; traceparent: string | null };
const claimOf = ({ command_id, attempt, lost_attempt, command, correlation_id, traceparent }: Row): Claim =>
  ({ commandId: command_id, attempt, lost: lost_attempt, command, thread: { correlationId: correlation_id, traceparent } });

export type Wanted = Readonly<{ commandId: string; customerId: string; command: Buffer; thread: Thread }>;

/**
 * Moves the checkpoint and claims new commands, in one statement. One that was here before is not claimed again: it is settled, it waits, or its claimer's deadline
 * runs. @returns the checkpoint to go on with once it has committed, and the claims. @throws Failure Fenced.
 */
export const claimNew = async (on: Queryable, from: Checkpoint, advance: Advance, wanted: readonly Wanted[], limitMs: number): Promise<Readonly<{ checkpoint: Checkpoint; claims: readonly Claim[] }>> => {
  const { checkpoint, rows } = await advanceWith<{ command_id: string | null }>(on, from, advance, {
    name: 'claim-new',
    parts: [`claimed as (insert into delivery.message (command_id, customer_id, command, correlation_id, traceparent, topic, partition, state, attempt, deadline)
      select c.*, $2, $3, 'claimed', 1, now() + $16::float8 * interval '1 ms' from moved, unnest($11::uuid[], $12::uuid[], $13::bytea[], $14::text[], $15::text[]) c
      on conflict (command_id) do nothing returning command_id)`],
    select: 'select command_id from moved left join claimed on true',
    values: [arrayOf(wanted.map(({ commandId }) => commandId), 'uuid'), arrayOf(wanted.map(({ customerId }) => customerId), 'uuid'), arrayOf(wanted.map(({ command }) => command), 'bytes'),
      wanted.map(({ thread }) => thread.correlationId), wanted.map(({ thread }) => thread.traceparent), limitMs],
  });
  const claimed = new Set(rows.map(({ command_id }) => command_id));
  return { checkpoint, claims: wanted.flatMap(({ commandId, command, thread }) => (claimed.has(commandId) ? [{ commandId, attempt: 1, lost: null, command, thread }] : [])) };
};

/** Claims again what is due for another attempt; and claims whose deadline passed without an outcome: the process that made the call died with its answer. */
export const claimDue = async (on: Queryable, { topic, partition }: CheckpointKey, limitMs: number, most: number): Promise<readonly Claim[]> =>
  (await query<Row>(on, `with due as (select command_id from delivery.message where topic = $1 and partition = $2 and state = 'retry' and next_attempt_at <= now() order by next_attempt_at limit $4 for update skip locked),
      lost as (select command_id from delivery.message where topic = $1 and partition = $2 and state = 'claimed' and deadline < now() order by deadline limit $4 for update skip locked),
      chosen as (select * from lost union all select * from due limit $4)
    update delivery.message m set state = 'claimed', attempt = m.attempt + 1, lost_attempt = case when m.state = 'claimed' then m.attempt else m.lost_attempt end,
      next_attempt_at = null, deadline = now() + $3::float8 * interval '1 ms'
    from chosen where m.command_id = chosen.command_id returning m.command_id, m.attempt, m.lost_attempt, m.command, m.correlation_id, m.traceparent`, [topic, partition, limitMs, most])).map(claimOf);

/** What became of a claim, and the outcome to publish, packed; null: there is none to tell yet. */
export type Settled = Readonly<{ claim: Claim; settlement: Settlement; outcome: Buffer | null }>;

/**
 * Writes outcomes, and into log.pending those that are to be published, all in one statement. One of an attempt that was taken over meanwhile, or a second one, changes
 * nothing; but that a message was sent is certain whoever says so, and an unknown is settled late. What waits gets its attempt back.
 * @returns the ids of the commands that were taken, and those that their outcomes have in log.pending.
 */
export const settle = async (on: Queryable, { consumer, topic, partition }: CheckpointKey, settled: readonly Settled[]): Promise<Readonly<{ taken: ReadonlySet<string>; pending: readonly number[] }>> => {
  const columns = settled.map(({ claim: { commandId, attempt }, settlement, outcome }) => [
    commandId, attempt, settlement.state,
    'reason' in settlement ? settlement.reason : null,
    'provider' in settlement ? settlement.provider : null,
    settlement.state === 'sent' ? settlement.providerMessageId : null,
    'afterMs' in settlement ? settlement.afterMs : null,
    settlement.state === 'unknown' ? settlement.attempt : settlement.state === 'retry' && settlement.lost ? attempt : null,
    outcome,
  ] as const);
  const [row] = await at('commit', () => query<{ taken: string[] | null; pending: string[] | null }>(
    on,
    `with s as (select * from unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float8[], $8::integer[], $9::bytea[])
        s (command_id, attempt, state, reason, provider, provider_message_id, after_ms, lost_attempt, outcome)),
      taken as (update delivery.message m set state = case s.state when 'waiting' then 'retry' else s.state end, attempt = m.attempt - (s.state = 'waiting')::integer,
          lost_attempt = case when s.state in ('retry', 'waiting', 'unknown') then coalesce(s.lost_attempt, m.lost_attempt) end,
          reason = s.reason, provider = coalesce(s.provider, m.provider), provider_message_id = s.provider_message_id, deadline = null,
          next_attempt_at = now() + s.after_ms * interval '1 ms', settled_at = case when s.after_ms is null then now() end
        from s
        where m.command_id = s.command_id and ((m.state = 'claimed' and m.attempt = s.attempt) or (m.state in ('claimed', 'retry', 'unknown') and s.state = 'sent') or (m.state = 'unknown' and s.state = 'failed'))
        returning m.command_id, s.outcome),
      pending as (insert into log.pending (consumer, topic, partition, id, payload)
        select $10, $11, $12, nextval('delivery.outcome_number'), outcome from taken where outcome is not null returning id)
    select (select array_agg(command_id::text) from taken) as taken, (select array_agg(id::text) from pending) as pending`,
    [...Array.from({ length: 9 }, (_, i) => columns.map((row) => row[i])), consumer, topic, partition],
  ));
  return { taken: new Set(row?.taken), pending: (row?.pending ?? []).map(Number) };
};

/** The partitions of a topic that have something to do without a new command: outcomes to publish, a retry that was asked for, what is due once more. */
export const waitingPartitions = async (pool: Pool, consumer: string, topic: string, partitions: number): Promise<ReadonlySet<number>> =>
  new Set((await query<{ p: number }>(pool, `select p from generate_series(0, $3::integer - 1) p
    where exists (select from log.pending where consumer = $1 and topic = $2 and partition = p)
      or exists (select from log.parked where consumer = $1 and topic = $2 and partition = p and retry_at is not null)
      or exists (select from delivery.message where topic = $2 and partition = p and state = 'retry' and next_attempt_at <= now())
      or exists (select from delivery.message where topic = $2 and partition = p and state = 'claimed' and deadline < now())`, [consumer, topic, partitions])).map(({ p }) => p));
