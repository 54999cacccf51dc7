import type { LogRecord } from '../record.ts';
import { byTopic, callBroker, HEAD, type Api, type Broker } from './cluster.ts';
import { Reader } from './reader.ts';
import { lastOffset, readBatches } from './record-batches.ts';
import { Writer } from './writer.ts';

const FETCH: Api = { key: 1, name: 'Fetch', version: 11, lane: 1 };

export type FetchFrom = Readonly<{ topic: string; partition: number; offset: number; maxBytes: number; /** The last offset that is wanted. */ to?: number }>;
export type FetchLimits = Readonly<{ maxWaitMs: number; minBytes: number; maxBytes: number }>;
/**
 * What one partition gave. `begin` and `end` are the log's bounds as its leader sees them, -1 where it does not say. `unreadable` is why records that came
 * could not be read: a matter of this partition alone.
 */
export type Fetched = Readonly<{
  topic: string; partition: number; errorCode: number; begin: number; end: number;
  /** The offset of the last record that came; undefined when none did. */
  last: number | undefined;
  /** Bytes that it holds on to. */
  size: number;
  /** Decodes what came: as bytes it waits in a fiftieth of the objects. @throws what makes it unreadable: a matter of this partition alone. */
  read: () => readonly LogRecord[];
}>;

/**
 * Reads from partitions that one broker leads; it waits up to `maxWaitMs` for the first byte. The first partition that has something gives at least one whole
 * batch, whatever the limits. Everything below the high watermark is read: nobody writes transactions to our topics.
 */
export const fetch = async (broker: Broker, froms: readonly FetchFrom[], { maxWaitMs, minBytes, maxBytes }: FetchLimits): Promise<readonly Fetched[]> => {
  const topics = byTopic(froms);
  const to = new Writer(Buffer.allocUnsafe(HEAD + 64 + froms.length * 32 + [...topics.keys()].reduce((sum, topic) => sum + topic.length * 3 + 8, 0)), HEAD);
  to.int32(-1); // no replica
  to.int32(maxWaitMs);
  to.int32(minBytes);
  to.int32(maxBytes);
  to.int8(0); // read uncommitted
  to.int32(0); // no fetch session
  to.int32(-1);
  to.int32(topics.size);
  for (const [topic, partitions] of topics) {
    to.string(topic);
    to.int32(partitions.length);
    for (const { partition, offset, maxBytes: most } of partitions) {
      to.int32(partition);
      to.int32(-1); // any leader epoch
      to.int64(offset);
      to.int64(-1);
      to.int32(most);
    }
  }
  to.int32(0); // nothing forgotten
  to.string(''); // no rack
  const asked = new Map(froms.map((from) => [`${from.topic}/${from.partition}`, from]));
  return readFetched(new Reader(await callBroker(broker, FETCH, to.buffer.subarray(0, to.at))), asked);
};

const readFetched = (from: Reader, asked: ReadonlyMap<string, FetchFrom>): readonly Fetched[] => {
  from.skip(10); // throttle time, error of the session, session
  const fetched: Fetched[] = [];
  for (let topics = from.int32(); topics > 0; topics -= 1) {
    const topic = from.string();
    for (let partitions = from.int32(); partitions > 0; partitions -= 1) {
      const partition = from.int32();
      const errorCode = from.int16();
      const end = from.int64();
      from.skip(8); // last stable offset
      const begin = from.int64();
      const aborted = from.int32();
      from.skip(Math.max(aborted, 0) * 16 + 4); // and the preferred replica
      const bytes = from.bytes(from.int32());
      const wanted = asked.get(`${topic}/${partition}`);
      const last = wanted && lastOffset(bytes, wanted.offset);
      fetched.push({ topic, partition, errorCode, begin, end, last, size: bytes.length, read: () => (wanted && last !== undefined ? readBatches(bytes, wanted.offset, wanted.to) : []) });
    }
  }
  return fetched;
};
