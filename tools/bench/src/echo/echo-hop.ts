import { Kafka, logLevel } from 'kafkajs';

/** A process of its own that reads one topic and writes what it reads onto the next: plain kafkajs, as its manual shows it. */
const [brokers = '', from = '', to = ''] = process.argv.slice(2);
const kafka = new Kafka({ clientId: 'echo', brokers: brokers.split(','), logLevel: logLevel.ERROR });
const producer = kafka.producer();
const consumer = kafka.consumer({ groupId: `${from}.echo` });

process.once('disconnect', () => process.exit(0));
await producer.connect();
await consumer.connect();
consumer.on(consumer.events.GROUP_JOIN, () => process.send?.('ready'));
await consumer.subscribe({ topic: from, fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message: { key, value } }) => {
    await producer.send({ topic: to, acks: -1, messages: [{ key, value }] });
  },
});
