import { spawn } from 'node:child_process';
import { readlink } from 'node:fs/promises';
import type { Stack } from '@touchpoint/stack';
import { commandOf } from '../processes.ts';
import { pidOf } from '../system.port.ts';

/** Records per second from the last line that Kafka's ProducerPerformance prints. */
export const parsePerformance = (output: string): number => {
  const rates = [...output.matchAll(/([\d.]+) records\/sec/g)];
  const last = rates.at(-1)?.[1];
  if (last === undefined) throw new Error(`ProducerPerformance said nothing of its rate: ${output.trim().split('\n').at(-1) ?? 'no output'}`);
  return Number(last);
};

export type Load = Readonly<{ topic: string; records: number; recordSize: number; signal: AbortSignal }>;

/** Kafka's own measure of what a producer can do here, with the Java and the jars that the broker runs with. @returns records per second. */
export const producerPerformance = async (stack: Stack, { topic, records, recordSize, signal }: Load): Promise<number> => {
  const broker = pidOf(stack, 'kafka');
  const java = await readlink(`/proc/${broker}/exe`);
  const command = commandOf(broker);
  const classPath = command[command.indexOf('-cp') + 1]!;
  const properties = ['acks=all', 'linger.ms=5', 'batch.size=65536', 'compression.type=none', `bootstrap.servers=${stack.kafkaBrokers.join(',')}`];
  const args = ['-Xmx512m', '-cp', classPath, 'org.apache.kafka.tools.ProducerPerformance', '--topic', topic, '--num-records', String(records), '--record-size', String(recordSize), '--throughput', '-1', '--producer-props', ...properties];
  const child = spawn(java, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
  let output = '';
  let errors = '';
  child.stdout.on('data', (data: Buffer) => { output += data.toString(); });
  child.stderr.on('data', (data: Buffer) => { errors = (errors + data.toString()).slice(-2_000); });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`ProducerPerformance ended with ${code}: ${errors.trim().split('\n').at(-1) ?? ''}`);
  return parsePerformance(output);
};
