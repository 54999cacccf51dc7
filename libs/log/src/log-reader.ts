import type { Kafka } from 'kafkajs';
import { transient } from '@touchpoint/kernel';
import type { LogRecord } from './record.ts';

/** Reads records by their position, without a group: what a timeline page, a checkpoint's anchor and a recovery need. */
export interface LogReader {
  /** The records at these offsets that the log still holds, in offset order. Near offsets share a fetch. */
  read(topic: string, partition: number, offsets: readonly number[]): Promise<readonly LogRecord[]>;
  close(): Promise<void>;
}

/** The parts of kafkajs' inner cluster that a positional read needs; its public API reads only in groups. Checked by the contract spec. */
type Cluster = {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>;
  findBroker(node: { nodeId: string }): Promise<{ fetch(request: object): Promise<FetchResponse> }>;
};
type Fetched = { offset: string; key: Buffer | null; value: Buffer | null; timestamp: string; headers: Record<string, Buffer> };
type FetchResponse = { responses: { partitions: { partition: number; messages: Fetched[] }[] }[] };

const createCluster = (kafka: Kafka): Cluster => {
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster');
  if (!symbol) throw new Error('this kafkajs has no createCluster: the positional reader fits 2.2.4');
  return (kafka as unknown as Record<symbol, (options: object) => Cluster>)[symbol]!({ metadataMaxAge: 60_000, allowAutoTopicCreation: false, maxInFlightRequests: 4 });
};

const FETCH_BYTES = 512 * 1024;
const MAX_FETCHES = 200;

export const createLogReader = (kafka: Kafka): LogReader => {
  let connecting: Promise<Cluster> | undefined;
  const connected = () => {
    connecting ??= (async () => {
      const cluster = createCluster(kafka);
      await cluster.connect();
      return cluster;
    })();
    connecting.catch(() => {
      connecting = undefined;
    });
    return connecting;
  };

  const fetchFrom = async (topic: string, partition: number, offset: number): Promise<readonly LogRecord[]> => {
    const cluster = await connected();
    await cluster.addTargetTopic(topic);
    const nodeId = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))[0];
    if (nodeId === undefined) throw new Error(`${topic}/${partition} has no leader`);
    const broker = await cluster.findBroker({ nodeId });
    const { responses } = await broker.fetch({
      replicaId: -1,
      isolationLevel: 0,
      maxWaitTime: 100,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      topics: [{ topic, partitions: [{ partition, currentLeaderEpoch: -1, fetchOffset: String(offset), maxBytes: FETCH_BYTES }] }],
    });
    return (responses[0]?.partitions[0]?.messages ?? []).map((message) => ({
      offset: Number(message.offset),
      key: message.key?.toString('utf8') ?? '',
      timestamp: Number(message.timestamp),
      value: message.value ?? Buffer.alloc(0),
      headers: message.headers,
    }));
  };

  const retrying = async (topic: string, partition: number, offset: number) => {
    for (let attempt = 0; ; attempt += 1)
      try {
        return await fetchFrom(topic, partition, offset);
      } catch (error) {
        if ((error as { type?: string }).type === 'OFFSET_OUT_OF_RANGE') return [];
        if (attempt >= 3) throw transient('LOG.UNREADABLE', `${topic}/${partition} at ${offset} cannot be read`, error);
        const cluster = await connecting?.catch(() => undefined);
        connecting = undefined;
        void cluster?.disconnect().catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, 100 * (attempt + 1)));
      }
  };

  return {
    read: async (topic, partition, offsets) => {
      const wanted = new Set(offsets);
      const found: LogRecord[] = [];
      const queue = [...wanted].sort((a, b) => a - b);
      for (let fetches = 0; queue.length > 0; fetches += 1) {
        if (fetches >= MAX_FETCHES) throw transient('LOG.UNREADABLE', `more than ${MAX_FETCHES} fetches for one read of ${topic}/${partition}`);
        const records = await retrying(topic, partition, queue[0]!);
        const last = records.at(-1)?.offset ?? queue[0]!;
        for (const record of records) if (wanted.has(record.offset) && record.offset >= queue[0]!) found.push(record);
        while (queue.length > 0 && queue[0]! <= last) queue.shift();
      }
      return found;
    },
    close: async () => {
      await (await connecting?.catch(() => undefined))?.disconnect();
    },
  };
};
