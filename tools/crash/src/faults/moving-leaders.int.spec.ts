import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Admin, Kafka } from 'kafkajs';
import { createLogger, silentLog } from '@touchpoint/host';
import { createAppender, createKafka, createLogReader, decodeOrigin, dropRepeats, encodeOrigin, kafkaProducers, makeTopics, ORIGIN, originName, type Appender, type LogRecord } from '@touchpoint/log';
import { stackStatus, startStack, stopStack, type StackOptions } from '@touchpoint/stack';
import { eventually } from '@touchpoint/testing';

const TOPIC = 'moving';
const PARTITIONS = [0, 1, 2];
const NAME = originName('spec', 1, 'spec', 0, 1);
/** Leaders go back to their own brokers as soon as these are there again: each kill moves some of them twice. */
const OVERRIDES = { 'auto.leader.rebalance.enable': 'true', 'leader.imbalance.check.interval.seconds': '1', 'leader.imbalance.per.broker.percentage': '0' };

let options: StackOptions;
let kafka: Kafka;
let appender: Appender;
/** What the appender says of sends that it has to do again. */
const told: string[] = [];
const acknowledged = new Map(PARTITIONS.map((partition) => [partition, 0]));
let sending = true;
let sent: Promise<void>;

const asked = async <T>(question: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = kafka.admin({ retry: { retries: 2 } });
  await admin.connect();
  try {
    return await question(admin);
  } finally {
    await admin.disconnect();
  }
};
const leaders = (): Promise<readonly number[]> =>
  asked(async (admin) => (await admin.fetchTopicMetadata({ topics: [TOPIC] })).topics[0]!.partitions.toSorted((a, b) => a.partitionId - b.partitionId).map(({ leader }) => leader));
const endsOf = (): Promise<ReadonlyMap<number, number>> => asked(async (admin) => new Map((await admin.fetchTopicOffsets(TOPIC)).map(({ partition, high }) => [partition, Number(high)])));
const kill = async (node: number): Promise<void> => {
  const { parts } = await stackStatus({ dir: options.dir!, env: options.env! });
  process.kill(parts.find(({ name }) => name === `kafka-${node}`)!.pid!, 'SIGKILL');
};
const start = () => startStack({ ...options, detach: true });
const total = (): number => [...acknowledged.values()].reduce((sum, count) => sum + count, 0);
const more = (than: number): Promise<unknown> => eventually('appends that are acknowledged', () => total() > than);

beforeAll(async () => {
  const { KAFKA_BROKERS: _k, SCHEMA_REGISTRY_URL: _s, DATABASE_URL: _d, ...env } = process.env;
  options = { dir: await mkdtemp(join(tmpdir(), 'touchpoint-leaders-')), env, parts: ['kafka'], kafka: { brokers: 3, heap: '256m', jvm: ['-XX:TieredStopAtLevel=1'], overrides: OVERRIDES } };
  const { kafkaBrokers } = await start();
  kafka = createKafka({ brokers: kafkaBrokers, clientId: 'moving-leaders', log: silentLog });
  const admin = kafka.admin();
  await admin.connect();
  await makeTopics(admin, [{ topic: TOPIC, numPartitions: -1, replicationFactor: -1, replicaAssignment: PARTITIONS.map((partition) => ({ partition, replicas: [partition, partition + 1, partition + 2].map((n) => (n % 3) + 1) })) }]);
  await admin.disconnect();
  appender = createAppender(kafkaProducers(kafka), { log: createLogger('spec', 'warn', { write: (line) => void told.push(line) }), sendTimeoutMs: 3_000, backoffMs: [50, 200] });
  sent = (async () => {
    const seqs = PARTITIONS.map(() => 0);
    while (sending) {
      const records = PARTITIONS.flatMap((partition) => Array.from({ length: 10 }, () => ({ topic: TOPIC, partition, key: 'k', value: Buffer.from('v'), headers: { [ORIGIN]: encodeOrigin(NAME, (seqs[partition]! += 1)) } })));
      await appender.append(records);
      PARTITIONS.forEach((partition) => acknowledged.set(partition, seqs[partition]!));
    }
  })();
});
afterAll(async () => {
  sending = false;
  await appender?.close();
  if (options) {
    await stopStack({ dir: options.dir!, env: options.env!, wipe: true });
    await rm(options.dir!, { recursive: true, force: true });
  }
});

describe('Acknowledged is kept: three brokers, of which two must hold a record', () => {
  it.each([1])('when broker %i, which leads a partition, is killed: another one leads it, and appends go on', async (node) => {
    await eventually('leaders on all brokers', async () => new Set(await leaders()).size === 3);
    await kill(node);
    await eventually('another leader', async () => !(await leaders()).includes(node));
    await more(total());
    await start();
    await eventually('its partition to come back to it', async () => (await leaders()).includes(node));
    await more(total());
  });

  it('when only one is left, nothing is acknowledged until there are two again', async () => {
    const [first, second] = [1, 2];
    await Promise.all([kill(first), kill(second)]);
    // What was on its way when they died may have been answered.
    await eventually('a send that is not acknowledged', () => told.some((line) => line.includes('not acknowledged')));
    const from = told.length;
    await eventually('three of them', () => told.length >= from + 3);
    const stood = total();
    await eventually('two more', () => told.length >= from + 5);
    expect(total()).toBe(stood);
    await start();
    await more(stood);
  });

  it('holds every record that was acknowledged, each partition in order', async () => {
    sending = false;
    await sent;
    // Leaders still move back to the brokers that are there again: a broker asked meanwhile answers that there is none.
    await eventually('leaders on all brokers', async () => new Set(await leaders()).size === 3);
    const ends = await eventually('the ends of the partitions', endsOf);
    const reader = createLogReader(kafka);
    try {
      for (const partition of PARTITIONS) {
        const records: LogRecord[] = [];
        const end = ends.get(partition)!;
        for (let at = 0; at < end; at += 2_000) records.push(...(await reader.read(TOPIC, partition, Array.from({ length: Math.min(2_000, end - at) }, (_, i) => at + i))));
        // Stops at a gap: what was sent again after a lost answer is dropped.
        const { taken } = dropRepeats(new Map(), records);
        expect(taken.map(({ headers }) => decodeOrigin(headers[ORIGIN])!.seq)).toEqual(Array.from({ length: acknowledged.get(partition)! }, (_, i) => i + 1));
      }
    } finally {
      await reader.close();
    }
  });
});
