import type { Kafka } from 'kafkajs';
import { logMismatch, transient } from '@touchpoint/kernel';
import { brokerError, createCluster, OFFSET_OUT_OF_RANGE, type Cluster } from './protocol/cluster.ts';
import { fetch, type Fetched } from './protocol/fetch.ts';
import type { LogRecord } from './record.ts';

/** Reads records by their position, without a group: what a timeline page, a checkpoint's anchor and a recovery need. */
export interface LogReader {
  /** The records at these offsets that the log still holds, in offset order. Near offsets share a fetch. @throws Failure Transient `LOG.UNREADABLE`. */
  read(topic: string, partition: number, offsets: readonly number[]): Promise<readonly LogRecord[]>;
  close(): Promise<void>;
}

/** Reads a partition from one end to the other, without a group: what a rebuild needs. */
export interface LogScanner {
  /**
   * All records from an offset up to another, which is not given: in order, in pieces. The next piece is fetched while one is worked on; a piece's records hold on to
   * each other's bytes. @throws Failure Transient `LOG.UNREADABLE`, LogMismatch `LOG.RETENTION_GAP` where the log no longer holds the first.
   */
  scan(topic: string, partition: number, from: number, to: number): AsyncGenerator<readonly LogRecord[], void>;
}

/** Offsets that lie no further apart than this are read in one go. */
const NEAR = 200;
const RUN_BYTES = 512 * 1024;
const MAX_FETCHES = 200;
/** Of one piece of a scan, about. */
const PIECE_BYTES = 2 * 1024 * 1024;
const ATTEMPTS = 4;

const nothingThere = (topic: string, partition: number, offset: number, begin: number): Error =>
  begin > offset
    ? logMismatch('LOG.RETENTION_GAP', `${topic}/${partition}: offset ${offset} is needed, the log begins at ${begin}: ${begin - offset} records are gone`)
    : transient('LOG.UNREADABLE', `${topic}/${partition} gives nothing at ${offset}`);

/** Sorted offsets in runs of near ones: each run is read in one go. */
export const nearRuns = (offsets: readonly number[]): readonly (readonly number[])[] => {
  const runs: number[][] = [];
  for (const offset of [...new Set(offsets)].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && offset - run.at(-1)! <= NEAR) run.push(offset);
    else runs.push([offset]);
  }
  return runs;
};

/** A record that outlives the fetch it came with: it does not hold on to the other records' bytes. */
const owned = ({ offset, key, timestamp, value, headers }: LogRecord): LogRecord => ({
  offset, key, timestamp,
  value: Buffer.from(value),
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)])),
});

export const createLogReader = (kafka: Kafka): LogReader & LogScanner => {
  let current: Promise<Cluster> | undefined;
  let closed = false;
  const connect = async (): Promise<Cluster> => {
    const cluster = createCluster(kafka);
    await cluster.connect();
    return cluster;
  };
  /** Another reader may have replaced it already. */
  const drop = (broken: Promise<Cluster>): void => {
    if (current === broken) current = undefined;
    void broken.then((cluster) => cluster.disconnect()).catch(() => undefined);
  };

  const fetchFrom = async (cluster: Cluster, topic: string, partition: number, offset: number, to: number, runBytes: number): Promise<Fetched | undefined> => {
    await cluster.addMultipleTargetTopics([topic]);
    await cluster.refreshMetadataIfNecessary();
    const nodeId = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))[0];
    if (nodeId === undefined) throw new Error(`${topic}/${partition} has no leader`);
    const maxBytes = to > offset ? runBytes : 1;
    const [fetched] = await fetch(await cluster.findBroker({ nodeId }), [{ topic, partition, offset, maxBytes, to }], { maxWaitMs: 0, minBytes: 0, maxBytes });
    return fetched;
  };

  const retrying = async (topic: string, partition: number, offset: number, to: number, runBytes = RUN_BYTES): Promise<Pick<Fetched, 'begin' | 'read'>> => {
    for (let attempt = 1; ; attempt += 1) {
      if (closed) throw transient('LOG.UNREADABLE', 'the reader is closed');
      const mine = (current ??= connect());
      try {
        const fetched = await fetchFrom(await mine, topic, partition, offset, to, runBytes);
        if (fetched?.errorCode === OFFSET_OUT_OF_RANGE) return { begin: fetched.begin, read: () => [] };
        if (!fetched || fetched.errorCode !== 0) throw new Error(`${topic}/${partition} at ${offset}: ${fetched ? brokerError(fetched.errorCode) : 'no answer'}`);
        return fetched;
      } catch (error) {
        drop(mine);
        if (attempt >= ATTEMPTS) throw transient('LOG.UNREADABLE', `${topic}/${partition} at ${offset} cannot be read`, error);
        await new Promise((resolve) => setTimeout(resolve, 100 * attempt));
      }
    }
  };

  return {
    read: async (topic, partition, offsets) => {
      const found: LogRecord[] = [];
      let fetches = 0;
      for (const run of nearRuns(offsets)) {
        const wanted = new Set(run);
        for (let from = run[0]; from !== undefined; ) {
          if ((fetches += 1) > MAX_FETCHES) throw transient('LOG.UNREADABLE', `more than ${MAX_FETCHES} fetches for one read of ${topic}/${partition}`);
          const records = (await retrying(topic, partition, from, run.at(-1)!)).read();
          for (const record of records) if (wanted.has(record.offset)) found.push(owned(record));
          const read: number = records.at(-1)?.offset ?? from;
          from = run.find((offset) => offset > read);
        }
      }
      return found;
    },
    scan: async function* (topic, partition, from, to) {
      let fetching = from < to ? retrying(topic, partition, from, to - 1, PIECE_BYTES) : undefined;
      for (let next = from; fetching; ) {
        const { begin, read } = await fetching;
        const records = read();
        const last = records.at(-1);
        if (!last) throw nothingThere(topic, partition, next, begin);
        next = last.offset + 1;
        fetching = next < to ? retrying(topic, partition, next, to - 1, PIECE_BYTES) : undefined;
        // Whoever ends early does not wait for it.
        fetching?.catch(() => undefined);
        yield records;
      }
    },
    close: async () => {
      closed = true;
      await (await current?.catch(() => undefined))?.disconnect();
    },
  };
};
