import { encodeMeta, type Draft, type DataOf } from '@touchpoint/contracts';
import { CONTROL_KEY, derivedId, partitionOf, type Instant, type Meta } from '@touchpoint/kernel';
import { createSequencer, encodeOrigin, META, ORIGIN, originName, packRecords, resolvedSends, RESTORE, TOPICS, TYPE, unpackOutcome, unpackRecords, type Appender, type LogReader, type LogTopics, type MessageWriter, type OutRecord } from '@touchpoint/log';
import { advanceCheckpoint, claimCheckpoint, deletePending, insertPending, query, sendAs, transaction, type Checkpoint, type Pool } from '@touchpoint/store';
import type { FoundSet } from './findings.ts';
import type { Missing } from './halves.ts';

export type WritePorts = Readonly<{ pool: Pool; appender: Appender; log: LogReader; topics: LogTopics; writer: MessageWriter }>;

/** What a restore puts onto the timeline itself: without a number, which it gets as it is committed. */
type Unnumbered = Readonly<{ partition: number; key: string; value: Buffer; headers: Readonly<Record<string, Buffer>> }>;

const VERSION = 1;
/** What it writes onto the timeline, and what it has settled. */
export const RESTORED_FACTS = ['SystemRestored', 'CustomerAbsorbed', 'CustomerMerged', 'CustomerSplit'] as const;
export const SETTLED = ['MessageUnknown'] as const;

/** Sends what this database has committed and may not have sent, as it would have been: what is there already, readers drop. Then it knows of nothing that is on its way. */
export const sendPending = async ({ pool, appender, log, topics }: WritePorts): Promise<number> => {
  const rows = await query<{ consumer: string; topic: string; partition: number; id: string; payload: Buffer }>(pool, 'select consumer, topic, partition, id, payload from log.pending order by consumer, topic, partition, id');
  const timeline = { topic: topics.nameOf(TOPICS.timeline), partitions: topics.partitionsOf(TOPICS.timeline) };
  for (const { consumer, topic, partition, id, payload } of rows) {
    const records = consumer === 'identity-resolver' ? await resolvedSends(unpackOutcome(payload), { logReader: log, received: topics.nameOf(topic), partition, timeline }) : unpackRecords(payload);
    await appender.append(records);
    await deletePending(pool, { consumer, topic, partition }, [Number(id)]);
  }
  return rows.length;
};

const claim = ({ pool }: WritePorts): Promise<Checkpoint> => claimCheckpoint(pool, { consumer: RESTORE, topic: TOPICS.timeline, partition: 0 }, { restoring: true });

/** Commits records of the restore's own, then sends them. Whoever dies in between has them in log.pending, and the next restore sends them first. */
const publish = async ({ pool, appender, topics }: WritePorts, claimed: Checkpoint, origin: string, records: readonly Unnumbered[]): Promise<void> => {
  const checkpoint = await sendAs(pool, claimed, origin);
  const topic = topics.nameOf(TOPICS.timeline);
  const sequencer = createSequencer(checkpoint.sent);
  const sends = records.map(({ headers, ...record }): OutRecord => ({ ...record, topic, headers: { ...headers, [ORIGIN]: encodeOrigin(origin, sequencer.next(topic, record.partition)) } }));
  await transaction(pool, async (client) => {
    await insertPending(client, checkpoint, { id: checkpoint.next, payload: packRecords(sends) });
    await advanceCheckpoint(client, checkpoint, { next: checkpoint.next + 1, sent: sequencer.counters });
  });
  await appender.append(sends);
  await deletePending(pool, checkpoint, [checkpoint.next]);
};

/** The origin of what a restore writes under an incarnation. */
const originOf = (incarnation: number): string => originName(RESTORE, VERSION, TOPICS.timeline, 0, incarnation);

/**
 * Raises the incarnation beyond all that stand on the log, and says so on every partition: behind that record, readers take nothing of an earlier one any more.
 * @returns the origin of that record
 */
export const raiseIncarnation = async (ports: WritePorts, beyond: number, { runId, at }: Readonly<{ runId: string; at: Instant }>): Promise<Readonly<{ incarnation: number; origin: string }>> => {
  const { pool, topics, writer } = ports;
  const [row] = await query<{ number: number }>(pool, 'update log.incarnation set number = greatest(number, $1) + 1 returning number', [beyond]);
  const incarnation = row!.number;
  const origin = originOf(incarnation);
  const data: Draft<DataOf<'SystemRestored'>> = { incarnation, runId, restoredAt: at };
  const meta: Meta = { messageId: derivedId('restored', runId, String(incarnation)), publisher: RESTORE, occurredAt: at, receivedAt: at, historical: false, sources: [], link: 'none', digest: '0'.repeat(32), correlationId: runId, causationId: null };
  const record = { key: CONTROL_KEY, value: writer.write('SystemRestored', data), headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from('SystemRestored') } };
  await publish(ports, await claim(ports), origin, Array.from({ length: topics.partitionsOf(TOPICS.timeline) }, (_, partition) => ({ ...record, partition })));
  return { incarnation, origin };
};

/** Says what was decided and never sent: second halves of facts on two timelines, and a published set where it did not arrive. */
export const completeHalves = async (ports: WritePorts, origin: string, halves: readonly Missing[], sets: readonly Unnumbered[]): Promise<void> => {
  const { topics, writer } = ports;
  const partitions = topics.partitionsOf(TOPICS.timeline);
  const facts = halves.map(({ type, data, timeline, meta }): Unnumbered => ({
    partition: partitionOf(timeline, partitions), key: timeline, value: writer.write(type, data as never), headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from(type) },
  }));
  const records = [...facts, ...sets];
  // A set is most of a record: no more than one of them, so that what is committed can be sent.
  for (let from = 0; from < records.length; from += MOST) await publish(ports, await claim(ports), origin, records.slice(from, from + MOST));
};
const MOST = 100;

/** Where the last set that was published did not arrive. Earlier ones did: whoever publishes sends what is left of the one before first. */
export class LastSet {
  #last: FoundSet | undefined;
  readonly #on = new Set<number>();
  readonly #ids = new Set<string>();

  add(set: FoundSet): void {
    this.#ids.add(set.messageId);
    if (this.#last && set.data.setNumber < this.#last.data.setNumber) return;
    if (set.data.setNumber !== this.#last?.data.setNumber) this.#on.clear();
    this.#last = set;
    this.#on.add(set.partition);
  }

  missing(partitions: number): readonly Unnumbered[] {
    const { record } = this.#last ?? {};
    if (!record) return [];
    const headers = { [META]: record.headers[META]!, [TYPE]: record.headers[TYPE]! };
    return Array.from({ length: partitions }, (_, partition) => partition).filter((partition) => !this.#on.has(partition)).map((partition) => ({ partition, key: CONTROL_KEY, value: record.value, headers }));
  }

  /** The number of the next publication. @param topic the timeline's full name @param next as this database has it */
  nextNumber(topic: string, next: number): number {
    let number = next;
    while (this.#ids.has(derivedId('control', topic, String(number)))) number += 1;
    return number;
  }
}
