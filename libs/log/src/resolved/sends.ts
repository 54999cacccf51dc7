import { logMismatch, partitionOf } from '@touchpoint/kernel';
import { createSequencer } from '../origins.ts';
import { encodeOrigin, META, ORIGIN, recordBytes, TRACEPARENT, TYPE, type Headers, type LogRecord, type OutRecord } from '../record.ts';
import type { LogReader } from '../log-reader.ts';
import { NOTHING, type Outcome } from './outcome.ts';

/** The headers of a received record that go onto the timeline, as the bytes they are. */
export const passedOn = (received: Headers): Record<string, Buffer> => {
  const headers: Record<string, Buffer> = {};
  for (const name of [META, TYPE, TRACEPARENT]) if (received[name]) headers[name] = received[name];
  return headers;
};

/** A received record on its way to a timeline. It stays the bytes it came in until it is written into a request: many thousands of them wait at once. */
class PassedOn implements OutRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: string;
  readonly #received: LogRecord;
  readonly #origin: string;
  readonly #seq: number;

  constructor(topic: string, partition: number, key: string, received: LogRecord, origin: string, seq: number) {
    [this.topic, this.partition, this.key] = [topic, partition, key];
    [this.#received, this.#origin, this.#seq] = [received, origin, seq];
  }

  get value(): Buffer {
    return this.#received.value;
  }

  get headers(): Headers {
    const headers = passedOn(this.#received.headers);
    headers[ORIGIN] = encodeOrigin(this.#origin, this.#seq);
    return headers;
  }

  get size(): number {
    return recordBytes(this.#received) + this.key.length + this.#origin.length + HEADER_BYTES;
  }
}
/** What the header `origin` takes beside the origin's name. */
const HEADER_BYTES = 32;

/** The timeline. */
export type Target = Readonly<{ topic: string; partitions: number }>;

/**
 * The records to append for a batch, the same whenever it is asked: received ones pass through as the bytes they are, under their customer's key, with
 * the facts that go before them. @returns also the seq counters behind the batch.
 * @param received those of the batch, in its order; undefined: the log does not hold it any more
 * @throws Failure LogMismatch `LOG.RETENTION_GAP` when one that is to be sent is missing.
 */
export const sendsOf = (outcome: Outcome, received: readonly (LogRecord | undefined)[], { topic, partitions }: Target): { sends: readonly OutRecord[]; sent: ReadonlyMap<string, number> } => {
  const { origin } = outcome;
  const sequencer = createSequencer(new Map(Object.entries(outcome.sentBefore)));
  const sends: OutRecord[] = [];
  const targets = outcome.customerIds.map((id) => partitionOf(id, partitions));
  let fact = 0;
  const sendFacts = (before: number) => {
    for (; fact < outcome.facts.length && outcome.facts[fact]!.before <= before; fact += 1) {
      const { key, partition, value, headers } = outcome.facts[fact]!.record;
      sends.push({ topic, partition, key, value, headers: { ...headers, [ORIGIN]: encodeOrigin(origin, sequencer.next(topic, partition)) } });
    }
  };
  outcome.customers.forEach((customer, i) => {
    sendFacts(i);
    if (customer === NOTHING) return;
    const record = received[i];
    if (record?.offset !== outcome.first + i)
      throw logMismatch('LOG.RETENTION_GAP', `the received record at offset ${outcome.first + i} was resolved, and left the log before it was sent on: it is on no timeline. Raise the topic's retention, then: touchpoint restore.`);
    const partition = targets[customer]!;
    sends.push(new PassedOn(topic, partition, outcome.customerIds[customer]!, record, origin, sequencer.next(topic, partition)));
  });
  sendFacts(Infinity);
  return { sends, sent: sequencer.counters };
};

/** The records of a batch that was committed before, with those received read once more. @throws as `sendsOf` does; Failure Transient `LOG.UNREADABLE`. */
export const resolvedSends = async (
  outcome: Outcome, { logReader, received, partition, timeline }: Readonly<{ logReader: Pick<LogReader, 'read'>; /** The received topic's full name. */ received: string; partition: number; timeline: Target }>,
): Promise<readonly OutRecord[]> => {
  const offsets = Array.from(outcome.customers, (_, i) => outcome.first + i);
  const held = new Map((await logReader.read(received, partition, offsets.filter((_, i) => outcome.customers[i] !== NOTHING))).map((record) => [record.offset, record]));
  return sendsOf(outcome, offsets.map((offset) => held.get(offset)), timeline).sends;
};
