import { silentLog } from '@touchpoint/host';
import { createKafka, createLogReader, TOPICS, TYPE } from '@touchpoint/log';
import { query } from '@touchpoint/store';
import { poolOn } from '../lab.ts';
import { endsOf } from '../topics.ts';
import type { BenchSystem } from '../system.port.ts';

/** When an order was where, by customer, in epoch milliseconds. Each customer has one order. */
export type Marks = ReadonlyMap<string, number>;

/** When the confirmation reached the sandbox. */
export const sandboxMarks = async ({ connections }: BenchSystem): Promise<Marks> => {
  const pool = poolOn(connections.databaseUrl);
  try {
    const rows = await query<{ customer_id: string; at: number }>(pool, `select customer_id, (extract(epoch from min(sent_at)) * 1000)::float8 as at from delivery.sandbox_message group by customer_id`);
    return new Map(rows.map(({ customer_id, at }) => [customer_id, at]));
  } finally {
    await pool.end();
  }
};

const ALL = 2_000;

/** When records of a type were appended to a topic, in whole milliseconds of the broker's clock. */
const logMarks = async ({ connections, topicPrefix }: BenchSystem, topic: string, type: string): Promise<Marks> => {
  const reader = createLogReader(createKafka({ brokers: connections.kafkaBrokers, clientId: 'touchpoint-bench', log: silentLog }));
  const marks = new Map<string, number>();
  try {
    for (const [partition, end] of await endsOf(connections.kafkaBrokers, topicPrefix + topic))
      for (let from = 0; from < end; from += ALL) {
        const offsets = Array.from({ length: Math.min(ALL, end - from) }, (_, i) => from + i);
        for (const { key, headers, timestamp } of await reader.read(topicPrefix + topic, partition, offsets)) if (headers[TYPE]?.toString() === type) marks.set(key, timestamp);
      }
  } finally {
    await reader.close();
  }
  return marks;
};

/** Where an order was on its way: on the timeline, and as a command. */
export const wayMarks = async (system: BenchSystem): Promise<Readonly<{ timeline: Marks; command: Marks }>> => ({
  timeline: await logMarks(system, TOPICS.timeline, 'OrderCompleted'),
  command: await logMarks(system, TOPICS.urgentCommands, 'SendMessage'),
});
