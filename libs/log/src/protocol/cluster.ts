import type { Kafka } from 'kafkajs';

/**
 * The parts of kafkajs' inner cluster that we stand on: connections, TLS and SASL, metadata, leaders. Its public API reads only in groups, and its producer's
 * retry can acknowledge what it never sent; encoding and decoding by it costs more than all the rest (kafkajs: 30 µs a record sent, 7 µs a record
 * read; here 3 and 2). What is used of it is checked by the contract spec.
 */
export type Cluster = {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  /** Partitions by the id of their leader's node; those without metadata are left out. */
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, readonly number[]>>;
  findBroker(node: { nodeId: string }): Promise<Broker>;
};
type ConnectionPool = { getConnection(lane: number): Promise<Connection> };
export type Broker = { connectionPool: ConnectionPool };
type Entry = { apiKey: number; apiName: string; apiVersion: number; correlationId: number; resolve: (answer: { payload: Buffer }) => void; reject: (error: Error) => void };
type Connection = {
  clientId: string;
  socket: { write(bytes: Buffer): void };
  authenticate(): Promise<void>;
  isConnected(): boolean;
  nextCorrelationId(): number;
  requestQueue: { push(request: { entry: Entry; expectResponse: true; requestTimeout: number | null; sendRequest: () => void }): void };
};

export const createCluster = (kafka: Kafka): Cluster => {
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:createCluster');
  if (!symbol) throw new Error('this kafkajs has no createCluster: libs/log/src/protocol fits 2.2.4');
  return (kafka as unknown as Record<symbol, (options: object) => Cluster>)[symbol]!({ metadataMaxAge: 60_000, allowAutoTopicCreation: false, maxInFlightRequests: null });
};

/** A kind of request; `lane` is the connection that kafkajs keeps for it (fetches wait at the broker, so they have their own). */
export type Api = Readonly<{ key: number; name: string; version: number; lane: 0 | 1 }>;

/** Bytes that a request leaves free at its beginning for size, kind, correlation and client id. Ids of clients are ASCII and short. */
export const HEAD = 128;

const connecting = new WeakMap<ConnectionPool, [Promise<Connection> | undefined, Promise<Connection> | undefined]>();
/** kafkajs opens a second socket, and forgets the first, when two requests at once find a lane closed. */
const connectionOf = async (pool: ConnectionPool, lane: 0 | 1): Promise<Connection> => {
  let lanes = connecting.get(pool);
  if (!lanes) connecting.set(pool, (lanes = [undefined, undefined]));
  const mine = (lanes[lane] ??= pool.getConnection(lane));
  try {
    return await mine;
  } finally {
    if (lanes[lane] === mine) lanes[lane] = undefined;
  }
};

/**
 * Sends one request and gives its answer's body. `request` holds the body from HEAD on and may be used again once this has settled.
 * @throws kafkajs' errors when the connection breaks or the broker does not answer in time.
 */
export const callBroker = async (broker: Broker, api: Api, request: Buffer): Promise<Buffer> => {
  const connection = await connectionOf(broker.connectionPool, api.lane);
  await connection.authenticate();
  const correlationId = connection.nextCorrelationId();
  const frame = withHead(request, api, correlationId, connection.clientId);
  const { payload } = await new Promise<{ payload: Buffer }>((resolve, reject) => {
    if (!connection.isConnected()) return reject(new Error('the connection to the broker is closed'));
    connection.requestQueue.push({
      entry: { apiKey: api.key, apiName: api.name, apiVersion: api.version, correlationId, resolve, reject },
      expectResponse: true,
      requestTimeout: null,
      sendRequest: () => connection.socket.write(frame),
    });
  });
  return payload;
};

const withHead = (request: Buffer, api: Api, correlationId: number, clientId: string): Buffer => {
  const length = 14 + clientId.length;
  const start = HEAD - length;
  if (start < 0) throw new Error('the client id is too long');
  request.writeInt32BE(request.length - start - 4, start);
  request.writeInt16BE(api.key, start + 4);
  request.writeInt16BE(api.version, start + 6);
  request.writeInt32BE(correlationId, start + 8);
  request.writeInt16BE(clientId.length, start + 12);
  request.write(clientId, start + 14, 'latin1');
  return request.subarray(start);
};

/** Requests name each topic once. */
export const byTopic = <T extends { topic: string }>(items: readonly T[]): ReadonlyMap<string, readonly T[]> => {
  const topics = new Map<string, T[]>();
  for (const item of items) {
    const found = topics.get(item.topic);
    if (found) found.push(item);
    else topics.set(item.topic, [item]);
  }
  return topics;
};

/** Broker error codes that this code tells apart. */
export const BROKER_ERRORS: Readonly<Record<number, string>> = {
  [-1]: 'UNKNOWN_SERVER_ERROR', 1: 'OFFSET_OUT_OF_RANGE', 2: 'CORRUPT_MESSAGE', 3: 'UNKNOWN_TOPIC_OR_PARTITION', 5: 'LEADER_NOT_AVAILABLE', 6: 'NOT_LEADER_OR_FOLLOWER', 7: 'REQUEST_TIMED_OUT', 10: 'MESSAGE_TOO_LARGE',
  18: 'RECORD_LIST_TOO_LARGE', 19: 'NOT_ENOUGH_REPLICAS', 20: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 29: 'TOPIC_AUTHORIZATION_FAILED', 32: 'INVALID_TIMESTAMP', 56: 'KAFKA_STORAGE_ERROR',
  74: 'FENCED_LEADER_EPOCH', 75: 'UNKNOWN_LEADER_EPOCH', 87: 'INVALID_RECORD', 89: 'THROTTLING_QUOTA_EXCEEDED',
};
export const OFFSET_OUT_OF_RANGE = 1;
export const brokerError = (code: number): string => BROKER_ERRORS[code] ?? `error ${code}`;
