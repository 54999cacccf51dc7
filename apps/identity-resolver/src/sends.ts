import { partitionOf } from '@touchpoint/kernel';
import { createSequencer, encodeOrigin, META, ORIGIN, TRACEPARENT, TYPE, type Headers, type LogRecord, type OutRecord } from '@touchpoint/log';
import { NOTHING, type Outcome } from './outcome.ts';

/** The headers of a received record that go onto the timeline, as the bytes they are. */
export const passedOn = (received: Headers): Record<string, Buffer> => {
  const headers: Record<string, Buffer> = {};
  for (const name of [META, TYPE, TRACEPARENT]) if (received[name]) headers[name] = received[name];
  return headers;
};

export type Target = Readonly<{ topic: string; partitions: number; origin: string }>;

/**
 * The records to append for a batch, the same whenever it is asked: received ones pass through as the bytes they are, under their customer's key, with
 * the facts that go before them. @returns also the seq counters behind the batch.
 * @throws Error when a record of the batch is missing.
 */
export const sendsOf = (outcome: Outcome, received: readonly LogRecord[], { topic, partitions, origin }: Target): { sends: readonly OutRecord[]; sent: ReadonlyMap<string, number> } => {
  const sequencer = createSequencer(new Map(Object.entries(outcome.sentBefore)));
  const sends: OutRecord[] = [];
  const targets = outcome.customerIds.map((id) => partitionOf(id, partitions));
  const send = (partition: number, key: string, value: Buffer, headers: Record<string, Buffer>) => {
    headers[ORIGIN] = encodeOrigin(origin, sequencer.next(topic, partition));
    sends.push({ topic, partition, key, value, headers });
  };
  let fact = 0;
  const sendFacts = (before: number) => {
    for (; fact < outcome.facts.length && outcome.facts[fact]!.before <= before; fact += 1) {
      const { key, partition, value, headers } = outcome.facts[fact]!.record;
      send(partition, key, value, { ...headers });
    }
  };
  outcome.customers.forEach((customer, i) => {
    sendFacts(i);
    if (customer === NOTHING) return;
    const record = received[i];
    if (record?.offset !== outcome.first + i) throw new Error(`the record at offset ${outcome.first + i} is gone: it was resolved but not sent on`);
    send(targets[customer]!, outcome.customerIds[customer]!, record.value, passedOn(record.headers));
  });
  sendFacts(Infinity);
  return { sends, sent: sequencer.counters };
};
