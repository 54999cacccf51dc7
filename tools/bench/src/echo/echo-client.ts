import { Kafka, logLevel } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { paced, wallClock, type Pace } from '../pace.ts';

/** A process of its own that sends onto the first topic and reads the last. It measures from the acknowledgement of what it sent to its return. */
const [brokers = '', first = '', last = '', size = '500'] = process.argv.slice(2);
const kafka = new Kafka({ clientId: 'echo-client', brokers: brokers.split(','), logLevel: logLevel.ERROR });
const producer = kafka.producer();
const consumer = kafka.consumer({ groupId: `${last}.client` });
const filling = 'x'.repeat(Number(size));
const now = wallClock();
const acknowledged = new Map<string, number>();
const returned = new Map<string, number>();
const WAIT_MS = 30_000;

let runs = 0;
const measure = async (pace: Pace): Promise<void> => {
  const run = (runs += 1);
  acknowledged.clear();
  returned.clear();
  await paced(pace, async (index) => {
    const key = `${run}/${index}`;
    await producer.send({ topic: first, acks: -1, messages: [{ key, value: filling }] });
    acknowledged.set(key, now());
  }, now);
  for (const until = now() + WAIT_MS; returned.size < acknowledged.size && now() < until; ) await sleep(50);
  const latencies = [...acknowledged].flatMap(([key, at]) => (returned.has(key) ? [returned.get(key)! - at] : []));
  process.send?.({ latencies, missing: acknowledged.size - latencies.length });
};

process.once('disconnect', () => process.exit(0));
process.on('message', (pace: Pace) => void measure(pace));
await producer.connect();
await consumer.connect();
consumer.on(consumer.events.GROUP_JOIN, () => process.send?.('ready'));
await consumer.subscribe({ topic: last, fromBeginning: true });
await consumer.run({
  eachMessage: ({ message: { key } }) => {
    returned.set(key?.toString() ?? '', now());
    return Promise.resolve();
  },
});
