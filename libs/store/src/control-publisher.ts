import { encodeMeta, type DataOf, type Draft, type MessageName } from '@touchpoint/contracts';
import { CONTROL_KEY, derivedId, invalidMessage, type Instant, type Meta } from '@touchpoint/kernel';
import { createSequencer, encodeOrigin, MAX_RECORD_BYTES, META, ORIGIN, originName, packRecords, recordBytes, TYPE, unpackRecords, type Appender, type MessageWriter, type OutRecord } from '@touchpoint/log';
import { advanceCheckpoint, claimCheckpoint, sendAs, type Checkpoint } from './checkpoint.ts';
import { deletePending, insertPending, readPending } from './pending.ts';
import { transaction, type Client, type Pool } from './pool.ts';

/** Its position counts publications; it reads no topic. */
const CONSUMER = 'publishing';
const VERSION = 1;

export type ControlPorts = Readonly<{ pool: Pool; appender: Appender; writer: MessageWriter; timeline: Readonly<{ topic: string; partitions: number }> }>;
export type ControlRecord<Name extends MessageName> = Readonly<{ type: Name; data: Draft<DataOf<Name>>; by: string; at: Instant }>;

const claim = async ({ pool, appender, timeline }: ControlPorts): Promise<Checkpoint> => {
  const checkpoint = await claimCheckpoint(pool, { consumer: CONSUMER, topic: timeline.topic, partition: 0 });
  for (const { id, payload } of await readPending(pool, checkpoint)) {
    await appender.append(unpackRecords(payload));
    await deletePending(pool, checkpoint, [id]);
  }
  return checkpoint;
};

/**
 * Puts one record on every partition of the timeline, each once, whatever dies on the way (design §5): `prepare` runs in the transaction that commits the
 * sends, and returns the record, or undefined when there is nothing to publish.
 * @throws Failure Fenced when another process publishes at the same time, InvalidMessage `LOG.TOO_LARGE` when it does not fit into a record: nothing was published then.
 */
export const publishControl = async <Name extends MessageName>(ports: ControlPorts, prepare: (client: Client) => Promise<ControlRecord<Name> | undefined>): Promise<boolean> => {
  const { pool, appender, writer, timeline } = ports;
  const claimed = await claim(ports);
  const origin = originName(CONSUMER, VERSION, timeline.topic, 0, claimed.incarnation);
  const checkpoint = await sendAs(pool, claimed, origin);
  const records = await transaction(pool, async (client) => {
    const control = await prepare(client);
    if (!control) return undefined;
    const sequencer = createSequencer(checkpoint.sent);
    const id = derivedId('control', timeline.topic, String(checkpoint.next));
    const meta: Meta = { messageId: id, publisher: CONSUMER, occurredAt: control.at, receivedAt: control.at, historical: false, sources: [], link: 'none', digest: '0'.repeat(32), correlationId: null, causationId: null };
    const value = writer.write(control.type, control.data);
    const sends = Array.from({ length: timeline.partitions }, (_, partition): OutRecord => ({
      topic: timeline.topic, partition, key: CONTROL_KEY, value,
      headers: { [META]: encodeMeta(meta), [TYPE]: Buffer.from(control.type), [ORIGIN]: encodeOrigin(origin, sequencer.next(timeline.topic, partition)) },
    }));
    // Committed, it would fail at every send, and nothing could ever be published again.
    for (const send of sends) if (recordBytes(send) > MAX_RECORD_BYTES) throw invalidMessage('LOG.TOO_LARGE', `what is published takes ${recordBytes(send)} bytes; one record holds ${MAX_RECORD_BYTES}`);
    await insertPending(client, checkpoint, { id: checkpoint.next, payload: packRecords(sends) });
    await advanceCheckpoint(client, checkpoint, { next: checkpoint.next + 1, sent: sequencer.counters });
    return sends;
  });
  if (!records) return false;
  await appender.append(records);
  await deletePending(pool, checkpoint, [checkpoint.next]);
  return true;
};
