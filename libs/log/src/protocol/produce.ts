import type { Instant } from '@touchpoint/kernel';
import { recordBytes, type OutRecord } from '../record.ts';
import { byTopic, callBroker, HEAD, type Api, type Broker } from './cluster.ts';
import { Reader } from './reader.ts';
import { BATCH_OVERHEAD, writeBatch } from './record-batch.ts';
import { Writer } from './writer.ts';

const PRODUCE: Api = { key: 0, name: 'Produce', version: 7, lane: 0 };
const ACKS_ALL = -1;
/** How long the broker may wait for its replicas. */
const REPLICAS_MS = 10_000;

/** Records of one partition, in order. */
export type PartitionBatch = Readonly<{ topic: string; partition: number; records: readonly OutRecord[] }>;
/** What the broker says of one partition: 0, or why not. */
export type PartitionAnswer = Readonly<{ topic: string; partition: number; errorCode: number }>;

/** The most bytes that a request for these batches takes. */
const boundOf = (batches: readonly PartitionBatch[]): number => {
  let bytes = HEAD + 64;
  for (const { topic, records } of batches) {
    bytes += BATCH_OVERHEAD + topic.length * 3 + 32;
    for (const record of records) bytes += recordBytes(record);
  }
  return bytes;
};

/**
 * Sends batches to the broker that leads their partitions, in one request. A partition takes its batch whole or not at all; each answers for itself.
 * @param scratch a buffer of an earlier request, to use again; the answer names the one that was used.
 */
export const produce = async (broker: Broker, batches: readonly PartitionBatch[], now: Instant, scratch?: Buffer): Promise<Readonly<{ answers: readonly PartitionAnswer[]; scratch: Buffer }>> => {
  const bound = boundOf(batches);
  const buffer = scratch && scratch.length >= bound ? scratch : Buffer.allocUnsafeSlow(bound);
  const to = new Writer(buffer, HEAD);
  to.int16(-1); // no transaction
  to.int16(ACKS_ALL);
  to.int32(REPLICAS_MS);
  const topics = byTopic(batches);
  to.int32(topics.size);
  for (const [topic, partitions] of topics) {
    to.string(topic);
    to.int32(partitions.length);
    for (const { partition, records } of partitions) {
      to.int32(partition);
      const sizeAt = to.at;
      to.int32(0);
      writeBatch(to, records, now);
      buffer.writeInt32BE(to.at - sizeAt - 4, sizeAt);
    }
  }
  return { answers: readAnswers(await callBroker(broker, PRODUCE, buffer.subarray(0, to.at))), scratch: buffer };
};

const readAnswers = (payload: Buffer): readonly PartitionAnswer[] => {
  const from = new Reader(payload);
  const answers: PartitionAnswer[] = [];
  for (let topics = from.int32(); topics > 0; topics -= 1) {
    const topic = from.string();
    for (let partitions = from.int32(); partitions > 0; partitions -= 1) {
      answers.push({ topic, partition: from.int32(), errorCode: from.int16() });
      from.skip(24); // base offset, append time, log start
    }
  }
  return answers;
};
