import { describe, expect, it } from '@jest/globals';
import type { Kafka } from 'kafkajs';
import { silentLog } from '@touchpoint/host';
import { until } from './broker.fixture.ts';
import { LogFetcher, type Feed } from './log-fetcher.ts';
import { Writer } from './protocol/writer.ts';

/** What the broker does with a fetch: gives a record, gives none, refuses, or the connection breaks. */
type Answer = 'record' | 'nothing' | 'no such topic' | 'broken';
const UNKNOWN_TOPIC = 3;
/** So few bytes of a batch that only its place can be told. */
const PART_OF_A_BATCH = 27;

const payloadOf = (answer: Answer): Buffer => {
  const to = new Writer(Buffer.alloc(200), 0);
  to.int32(0);
  to.int16(0);
  to.int32(0);
  to.int32(1);
  to.string('t');
  to.int32(1);
  to.int32(0);
  to.int16(answer === 'no such topic' ? UNKNOWN_TOPIC : 0);
  for (const bound of [100, 100, 0]) to.int64(bound);
  to.int32(0);
  to.int32(-1);
  const size = answer === 'record' ? PART_OF_A_BATCH : 0;
  to.int32(size);
  return to.buffer.subarray(0, to.at + size);
};

/** A broker that answers one fetch after another as it is told, and then is asked no more. @returns whether the records of each batch that came were doubtful */
const doubtsOf = async (answers: Answer[], doubtAfterMs: number): Promise<readonly boolean[]> => {
  const wanted = answers.filter((answer) => answer === 'record').length;
  const push = ({ entry, sendRequest }: { entry: { resolve: (answer: { payload: Buffer }) => void; reject: (error: Error) => void }; sendRequest: () => void }) => {
    sendRequest();
    const answer = answers.shift()!;
    if (answer === 'broken') entry.reject(new Error('connection closed'));
    else entry.resolve({ payload: payloadOf(answer) });
  };
  const connection = { clientId: 'spec', socket: { write: () => undefined }, authenticate: async () => undefined, isConnected: () => true, nextCorrelationId: () => 1, requestQueue: { push } };
  const cluster = {
    connect: async () => undefined, disconnect: async () => undefined, addMultipleTargetTopics: async () => undefined, refreshMetadata: async () => undefined, refreshMetadataIfNecessary: async () => undefined,
    findLeaderForPartitions: () => ({ 1: [0] }), findBroker: async () => ({ connectionPool: { getConnection: async () => connection } }),
  };
  const kafka = { [Symbol('private:Kafka:createCluster')]: () => cluster } as unknown as Kafka;
  const fetcher = new LogFetcher({ kafka, log: silentLog, maxBytesPerPartition: 1_000, hurried: () => false, doubtAfterMs });
  const doubts: boolean[] = [];
  const feed: Feed = {
    topic: 't', partition: 0, offset: 5,
    room: () => answers.length > 0,
    deliver: ({ last }, doubtful) => {
      if (last === undefined) return;
      feed.offset = last + 1;
      doubts.push(doubtful === true);
    },
  };
  fetcher.add(feed);
  await until('all answers', () => doubts.length === wanted && answers.length === 0);
  await fetcher.close();
  return doubts;
};
const HOUR_MS = 3_600_000;

describe('what a fetch brings', () => {
  it('is not doubtful while one fetch follows another', async () => expect(await doubtsOf(['record', 'nothing', 'record', 'record'], HOUR_MS)).toEqual([false, false, false]));
  it('is doubtful behind a fetch that was refused, once', async () => expect(await doubtsOf(['record', 'no such topic', 'record', 'record'], HOUR_MS)).toEqual([false, true, false]));
  it('is doubtful behind a connection that broke, also where nothing came at first', async () => expect(await doubtsOf(['record', 'broken', 'nothing', 'nothing', 'record', 'record'], HOUR_MS)).toEqual([false, true, false]));
  it('is doubtful where no fetch was asked for during a while', async () => expect(await doubtsOf(['record', 'record', 'nothing', 'record'], 0)).toEqual([false, true, true]));
});
