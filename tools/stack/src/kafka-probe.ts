import { connect } from 'node:net';

/**
 * The few requests that tell whether a broker works, in the protocol itself: a client library would retry, log and keep timers.
 * Each call opens one connection and has the time limit of its signal.
 */
const ask = (port: number, apiKey: number, version: number, body: Buffer, signal: AbortSignal): Promise<Reader> =>
  new Promise((resolve, reject) => {
    const client = Buffer.from('touchpoint-stack');
    const header = Buffer.alloc(14);
    header.writeInt32BE(10 + client.length + body.length, 0);
    header.writeInt16BE(apiKey, 4);
    header.writeInt16BE(version, 6);
    header.writeInt32BE(1, 8);
    header.writeInt16BE(client.length, 12);
    const socket = connect({ host: '127.0.0.1', port, signal });
    let received = Buffer.alloc(0);
    socket.on('connect', () => socket.write(Buffer.concat([header, client, body])));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      socket.destroy();
      resolve(new Reader(received.subarray(8)));
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the broker closed the connection')));
  });

class Reader {
  #at = 0;
  readonly #bytes: Buffer;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  int16 = (): number => this.#bytes.readInt16BE((this.#at += 2) - 2);
  int32 = (): number => this.#bytes.readInt32BE((this.#at += 4) - 4);
  text = (): string => {
    const length = Math.max(0, this.int16());
    return this.#bytes.toString('utf8', this.#at, (this.#at += length));
  };
  list = <T>(each: () => T): readonly T[] => Array.from({ length: Math.max(0, this.int32()) }, each);
}

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};

const text = (value: string): Buffer => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** Ids of the brokers that are not fenced, as this broker sees them (Metadata v1). */
export const brokersSeenBy = async (port: number, signal: AbortSignal): Promise<readonly number[]> => {
  const answer = await ask(port, 3, 1, int32(0), signal);
  return answer.list(() => {
    const id = answer.int32();
    answer.text();
    answer.int32();
    answer.text();
    return id;
  });
};

/** Broker that coordinates this group (FindCoordinator v1). The first such question ever makes the broker create `__consumer_offsets`. */
export const coordinatorOf = async (port: number, group: string, signal: AbortSignal): Promise<{ error: number; port: number }> => {
  const answer = await ask(port, 10, 1, Buffer.concat([text(group), Buffer.from([0])]), signal);
  answer.int32();
  const error = answer.int16();
  answer.text();
  answer.int32();
  answer.text();
  return { error, port: answer.int32() };
};

/** Error codes of the groups at their coordinator: 0, or 14 while it loads, or 16 when it is not theirs (DescribeGroups v0). */
export const groupErrors = async (port: number, groups: readonly string[], signal: AbortSignal): Promise<readonly number[]> => {
  const answer = await ask(port, 15, 0, Buffer.concat([int32(groups.length), ...groups.map(text)]), signal);
  return answer.list(() => {
    const error = answer.int16();
    for (let field = 0; field < 4; field++) answer.text();
    const members = answer.int32();
    if (members !== 0) throw new Error('a probe group has members');
    return error;
  });
};

/** Group names of which one falls into each partition of `__consumer_offsets`: the absolute value of Java's String.hashCode, as the broker takes it. */
export const groupForEachPartition = (partitions: number): readonly string[] => {
  const groups = new Map<number, string>();
  for (let n = 0; groups.size < partitions; n++) {
    const group = `touchpoint-stack-probe-${n}`;
    let code = 0;
    for (let i = 0; i < group.length; i++) code = (Math.imul(31, code) + group.charCodeAt(i)) | 0;
    const partition = Math.abs(code) % partitions;
    if (!groups.has(partition)) groups.set(partition, group);
  }
  return [...groups.values()];
};
