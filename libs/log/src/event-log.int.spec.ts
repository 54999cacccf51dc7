import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CompressionTypes, Partitioners } from 'kafkajs';
import { silentLog } from '@touchpoint/host';
import { createAppender, type Appender } from './appender.ts';
import { createLogReader, type LogReader } from './log-reader.ts';
import { kafkaProducers } from './producer.ts';
import { createTopic, numbered, realLog } from './real-log.fixture.ts';
import type { LogRecord } from './record.ts';
import { createTopics, declaredTopics, partitionCounts } from './topics.ts';

/** What any client behind this port must do on a real broker. */
const { prefix, kafka } = realLog(process.env);
let appender: Appender;
let reader: LogReader;
const numbersOf = (records: readonly LogRecord[]) => records.map(({ value }) => Number(value.toString()));
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

beforeAll(() => {
  appender = createAppender(kafkaProducers(kafka), { log: silentLog });
  reader = createLogReader(kafka);
});
afterAll(async () => {
  await appender.close();
  await reader.close();
});

describe('the declared topics', () => {
  it('are created under a prefix, once, with their partitions, retention and the broker\'s clock', async () => {
    await expect(partitionCounts(kafka, prefix)).rejects.toThrow(`missing topics: ${prefix}touchpoints.received`);
    expect(await createTopics(kafka, prefix, { partitions: 3 })).toEqual(declaredTopics().map(({ name }) => prefix + name));
    expect(await createTopics(kafka, prefix, { partitions: 5 })).toEqual([]);
    expect(await partitionCounts(kafka, prefix)).toEqual(new Map(declaredTopics().map(({ name }) => [prefix + name, 3])));
    const admin = kafka.admin();
    await admin.connect();
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type: 2, name: `${prefix}customers.timeline` }] });
    await admin.disconnect();
    const config = new Map(resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]));
    expect([config.get('retention.ms'), config.get('message.timestamp.type'), config.get('cleanup.policy')]).toEqual(['-1', 'LogAppendTime', 'delete']);
  });
});

describe('what was appended', () => {
  const topic = `${prefix}appended`;
  beforeAll(() => createTopic(kafka, topic, 3, { 'message.timestamp.type': 'LogAppendTime' }));

  it('is read back as it was: order per partition, key, value, headers, the broker\'s time', async () => {
    const before = Date.now();
    const records = [0, 1, 2].flatMap((partition) => numbered(topic, partition, 1_500));
    await Promise.all([appender.append(records.filter((_, i) => i % 3 === 0)), appender.append([]), appender.append(records.filter((_, i) => i % 3 !== 0))]);
    for (const partition of [0, 1, 2]) {
      const read = await reader.read(topic, partition, range(0, 1_600));
      expect(read.map(({ offset }) => offset)).toEqual(range(0, 1_500));
      const numbers = numbersOf(read);
      expect(numbers.filter((n) => n % 3 === 0)).toEqual(range(0, 1_500).filter((n) => n % 3 === 0));
      expect(numbers.filter((n) => n % 3 !== 0)).toEqual(range(0, 1_500).filter((n) => n % 3 !== 0));
      const seventh = read.find(({ value }) => value.toString() === '7')!;
      expect(seventh).toMatchObject({ key: 'key-0', headers: { type: Buffer.from('Numbered'), n: Buffer.of(7) } });
      expect(seventh.timestamp).toBeGreaterThanOrEqual(before);
    }
  });

  it('may be any text and any bytes, none and many', async () => {
    const odd = [
      { topic, partition: 0, key: 'ключ · 鍵 · 🗝', value: Buffer.alloc(0), headers: {} },
      { topic, partition: 0, key: '', value: Buffer.alloc(400_000, 0xff), headers: { empty: Buffer.alloc(0), 'ünïcode': Buffer.from('ü'), long: Buffer.alloc(70_000, 3) } },
      { topic, partition: 0, key: 'k'.repeat(5_000), value: Buffer.from([0]), headers: Object.fromEntries(range(0, 100).map((i) => [`h${i}`, Buffer.of(i)])) },
    ];
    await appender.append(odd);
    const read = await reader.read(topic, 0, [1_500, 1_501, 1_502]);
    expect(read.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(odd.map(({ key, value, headers }) => ({ key, value, headers })));
    // Not a view of all the half megabyte that came with it.
    expect(read[2]!.value.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
  });

  it('is found by kafkajs\' own consumer too', async () => {
    const consumer = kafka.consumer({ groupId: `${prefix}kafkajs` });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const seen = await new Promise<{ key: string; value: string; n: number }>((resolve) => {
      void consumer.run({ eachMessage: ({ partition, message }) => Promise.resolve(partition === 1 && message.value?.toString() === '1499' ? resolve({ key: String(message.key), value: String(message.value), n: (message.headers!['n'] as Buffer)[0]! }) : undefined) });
    });
    await consumer.disconnect();
    expect(seen).toEqual({ key: 'key-1', value: '1499', n: 1_499 % 256 });
  });

  it('is refused, with nothing sent, when one record is more than the broker takes', async () => {
    const large = { topic, partition: 2, key: 'large', value: Buffer.alloc(900_001), headers: {} };
    await expect(appender.append([...numbered(topic, 2, 1), large])).rejects.toThrow('a record of 9');
    expect(await reader.read(topic, 2, [1_500])).toEqual([]);
  });
});

describe('a positional read', () => {
  const topic = `${prefix}read`;
  beforeAll(async () => {
    await createTopic(kafka, topic, 1);
    for (const from of range(0, 10)) await appender.append(numbered(topic, 0, 500, from * 500));
  });

  it('gives near offsets, far ones and none for those that are not there', async () => {
    expect(numbersOf(await reader.read(topic, 0, [4_999, 3, 1, 2, 2_500, 3, 5_000, 9_999_999]))).toEqual([1, 2, 3, 2_500, 4_999]);
    expect(await reader.read(topic, 0, [])).toEqual([]);
  });
  it('goes on behind what retention took', async () => {
    const admin = kafka.admin();
    await admin.connect();
    await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2000' }] });
    await admin.disconnect();
    expect(numbersOf(await reader.read(topic, 0, [0, 1_999, 2_000, 4_000]))).toEqual([2_000, 4_000]);
  });
  it('serves many at once', async () => {
    const all = await Promise.all(range(0, 20).map((i) => reader.read(topic, 0, [2_000 + i * 100, 2_001 + i * 100])));
    expect(all.map(numbersOf)).toEqual(range(0, 20).map((i) => [2_000 + i * 100, 2_001 + i * 100]));
  });
  it('says so when a topic does not exist', async () => {
    await expect(reader.read(`${prefix}nowhere`, 0, [0])).rejects.toMatchObject({ kind: 'Transient', code: 'LOG.UNREADABLE' });
  });
});

describe('what another writer compressed', () => {
  it('is read when it is gzip', async () => {
    const topic = `${prefix}gzip`;
    await createTopic(kafka, topic, 1);
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic, compression: CompressionTypes.GZIP, messages: range(0, 300).map((n) => ({ partition: 0, key: 'k', value: String(n), headers: { h: 'x' } })) });
    await producer.disconnect();
    expect(numbersOf(await reader.read(topic, 0, [0, 150, 299]))).toEqual([0, 150, 299]);
  });
});
