import { decodeMeta, encodeMeta, type MessageRef, type SendMessage } from '@touchpoint/contracts';
import { customerSourceKey } from '@touchpoint/identity';
import { partitionOf, type Instant, type Meta } from '@touchpoint/kernel';
import { META, packRecords, TOPICS, TRACEPARENT, TYPE, typeOf, type LogRecord, type MessageWriter } from '@touchpoint/log';
import { query, transaction, type Client, type Pool } from '@touchpoint/store';
import type { TailPorts } from './timeline-tail.ts';

const CONSUMER = 'delivery-service';
const REASON = 'restored: whether it was sent is not known';
type Command = SendMessage['data'];
type OutcomeType = 'MessageSent' | 'MessageFailed' | 'MessageHeld' | 'MessageUnknown';
const STATES: Readonly<Record<OutcomeType, string>> = { MessageSent: 'sent', MessageFailed: 'failed', MessageHeld: 'held', MessageUnknown: 'unknown' };
/** Outcomes that are written in one transaction. */
const BATCH = 500;

const positionsOf = async (pool: Pool, consumer: string, topic: string): Promise<ReadonlyMap<number, number>> =>
  new Map((await query<{ partition: number; next_offset: string }>(pool, 'select partition, next_offset from log.checkpoint where consumer = $1 and topic = $2', [consumer, topic])).map(({ partition, next_offset }) => [partition, Number(next_offset)]));

/** Whatever a topic holds behind where its consumer stands. */
async function* tailOf({ pool, log, bounds, topics }: TailPorts, consumer: string, topic: string): AsyncGenerator<Readonly<{ partition: number; records: readonly LogRecord[] }>> {
  const from = await positionsOf(pool, consumer, topic);
  for (const [partition, { low, high }] of await bounds.of(topics.nameOf(topic)))
    // A consumer that has not read of the partition yet begins where it begins.
    for await (const records of log.scan(topics.nameOf(topic), partition, from.get(partition) ?? low, high)) yield { partition, records };
}

/** Nobody takes up a message on his own any more, though he may not have heard that he is to wait. */
export const holdMessages = async (client: Client): Promise<void> => {
  await client.query("update delivery.message set deadline = case state when 'claimed' then 'infinity'::timestamptz end, next_attempt_at = case state when 'retry' then 'infinity'::timestamptz end where state in ('claimed', 'retry')");
};

/** Commands that lie behind where delivery stands may have been carried out: they count as claimed, until an outcome is found or missed. @returns how many there are */
export const claimCommands = async (ports: TailPorts): Promise<number> => {
  const { pool, reader } = ports;
  let count = 0;
  for (const topic of [TOPICS.commands, TOPICS.urgentCommands])
    for await (const { partition, records } of tailOf(ports, CONSUMER, topic)) {
      await reader.prepare(records.map(({ value }) => value));
      const commands = records.flatMap((record) => {
        const command = readCommand(ports, record);
        return command ? [{ command, record }] : [];
      });
      count += commands.length;
      await transaction(pool, async (client) => {
        await client.query('insert into log.found (id) select * from unnest($1::text[]) on conflict do nothing', [commands.map(({ command }) => command.commandId)]);
        await client.query(`insert into delivery.message (command_id, customer_id, topic, partition, command, state, attempt, deadline, correlation_id, traceparent)
          select c.command_id, c.customer_id, $1, $2, c.command, 'claimed', 1, 'infinity', c.correlation_id, c.traceparent
          from unnest($3::uuid[], $4::uuid[], $5::bytea[], $6::text[], $7::text[]) c (command_id, customer_id, command, correlation_id, traceparent) on conflict do nothing`,
        [topic, partition, commands.map(({ command }) => command.commandId), commands.map(({ command }) => command.customerId), commands.map(({ record }) => record.value),
          commands.map(({ record }) => decodeMeta(record.headers[META]!).correlationId), commands.map(({ record }) => record.headers[TRACEPARENT]?.toString('latin1') ?? null)]);
      });
    }
  return count;
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** What is none is parked by delivery, when it comes to it again. */
const readCommand = ({ reader }: TailPorts, record: LogRecord): Command | undefined => {
  try {
    if (typeOf(record) !== 'SendMessage' || !record.headers[META]) return undefined;
    const command = reader.read('SendMessage', record.value).data as Command;
    return UUID.test(command.commandId) && UUID.test(command.customerId) ? command : undefined;
  } catch {
    return undefined;
  }
};

/** Settles messages by outcomes that were said behind where the resolver stands: in their order, and "sent" is certain. @returns how many there were */
export const settleFound = async (ports: TailPorts): Promise<number> => {
  const { pool, reader } = ports;
  let count = 0;
  for await (const { records } of tailOf(ports, 'identity-resolver', TOPICS.received)) {
    const said = records.filter((record) => typeOf(record)! in STATES && record.headers[META] && decodeMeta(record.headers[META]).publisher === CONSUMER);
    await reader.prepare(said.map(({ value }) => value));
    await transaction(pool, async (client) => {
      for (const record of said) {
        const type = typeOf(record) as OutcomeType;
        const data = reader.read(type, record.value).data as Readonly<{ message: MessageRef; reason?: string; attempt?: number }>;
        const { commandId, provider, providerMessageId } = data.message;
        if (commandId === null || !UUID.test(commandId)) continue;
        count += 1;
        await client.query(`update delivery.message set state = $2, reason = $3, provider = $4, provider_message_id = $5, attempt = greatest(attempt, $6), deadline = null, next_attempt_at = null, settled_at = now()
          where command_id = $1 and state <> 'sent'`, [commandId, STATES[type], data.reason ?? null, provider, providerMessageId, data.attempt ?? 1]);
      }
    });
  }
  return count;
};

type Row = Readonly<{ command_id: string; topic: string; partition: number; command: Buffer; attempt: number; correlation_id: string | null; traceparent: string | null }>;

/** Whoever is left without an outcome may have been sent, or not: that is said, as the outcome that delivery-service publishes when it comes back. @returns how many there are */
export const makeUnknown = async ({ pool, reader, topics }: TailPorts, writer: MessageWriter, at: Instant): Promise<number> => {
  const received = { topic: topics.nameOf(TOPICS.received), partitions: topics.partitionsOf(TOPICS.received) };
  for (let count = 0; ; ) {
    const some = await transaction(pool, async (client) => {
      const rows = await query<Row>(client, `update delivery.message m set state = 'unknown', reason = $1, lost_attempt = attempt, deadline = null, next_attempt_at = null, settled_at = now()
        where command_id in (select command_id from delivery.message where state in ('claimed', 'retry') order by command_id limit ${BATCH}) returning command_id, topic, partition, command, attempt, correlation_id, traceparent`, [REASON]);
      await reader.prepare(rows.map(({ command }) => command));
      for (const row of rows) {
        const command = reader.read('SendMessage', row.command).data as Command;
        const { channel, commandId, journeyId, runId, stepId, templateId, messageClass, contactPoint } = command;
        const message: MessageRef = { channel, commandId, journeyId, runId, stepId, campaignId: null, templateId, messageClass, contactPoint, provider: null, providerMessageId: null };
        const key = customerSourceKey(command.customerId);
        const meta: Meta = {
          messageId: `${commandId}/MessageUnknown`, publisher: CONSUMER, occurredAt: at, receivedAt: at, historical: false,
          sources: [{ kind: 'customer', key, label: null }], link: 'none', digest: commandId.replaceAll('-', ''), correlationId: row.correlation_id, causationId: commandId,
        };
        const headers = { [META]: encodeMeta(meta), [TYPE]: Buffer.from('MessageUnknown'), ...(row.traceparent !== null && { [TRACEPARENT]: Buffer.from(row.traceparent, 'latin1') }) };
        const record = { topic: received.topic, partition: partitionOf(key, received.partitions), key, value: writer.write('MessageUnknown', { message, attempt: row.attempt, reason: REASON }), headers };
        await client.query("insert into log.pending (consumer, topic, partition, id, payload) values ($1, $2, $3, nextval('delivery.outcome_number'), $4)", [CONSUMER, row.topic, row.partition, packRecords([record])]);
      }
      return rows.length;
    });
    count += some;
    if (some < BATCH) return count;
  }
};
