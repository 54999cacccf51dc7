import { TOPICS } from '@touchpoint/log';
import { httpClient, postUntilTaken } from '../http-client.ts';
import { CpuMeter } from '../cpu-meter.ts';
import { startProfile } from '../profile/profile.ts';
import { threadsOf } from '../processes.ts';
import { measured } from '../report.ts';
import { shopEvents } from '../shop.ts';
import type { BenchSystem } from '../system.port.ts';
import { bytesOnDisk, createTopics, deleteTopics, endsOf } from '../topics.ts';
import type { Part, PartContext, Report } from '../part.ts';
import { producerPerformance } from './producer-perf.ts';

const TARGET = { atLeast: 0.4 };
const NAME = 'ingest_vs_producer_perf';
const BATCH = 100;
const BODIES = 1_000;
const CONNECTIONS = 16;
/** ProducerPerformance's rate is over ten seconds and more; by then a JIT is warm, and most customers have their data key, as in a shop that is open. */
const WARM_UP_MS = 15_000;
const MEASURED_MS = 20_000;
/** As many as the target asks for; ProducerPerformance warms up within them. */
const PERF_RECORDS = 2_000_000;

/** A body that is sent again and again, each time with message ids of their own. */
type Body = Readonly<{ bytes: Buffer; idAt: readonly number[] }>;
const ROUND = '00000000';
const MARK = `"messageId":"r${ROUND}`;

const makeBodies = (seed: number, customers: number): readonly Body[] => {
  const shop = shopEvents({ seed, customers });
  const timestamp = new Date().toISOString();
  return Array.from({ length: BODIES }, (_, body) => {
    const batch = Array.from({ length: BATCH }, (_, i) => ({ messageId: `r${ROUND}-${body * BATCH + i}`, timestamp, ...shop.next().value }));
    const bytes = Buffer.from(JSON.stringify({ batch, sentAt: timestamp }));
    const idAt: number[] = [];
    for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) idAt.push(at + MARK.length - ROUND.length);
    return { bytes, idAt };
  });
};

/** Posts batches over some connections until the time is over. @returns events that were acknowledged, and how often a batch was refused and sent again. */
const post = async (client: ReturnType<typeof httpClient>, bodies: readonly Body[], from: { sent: number }, ms: number, signal: AbortSignal): Promise<Readonly<{ acknowledged: number; refused: number }>> => {
  const until = performance.now() + ms;
  let acknowledged = 0;
  let refused = 0;
  const line = async (): Promise<void> => {
    while (performance.now() < until) {
      signal.throwIfAborted();
      const turn = from.sent++;
      const { bytes, idAt } = bodies[turn % bodies.length]!;
      const round = String(Math.floor(turn / bodies.length)).padStart(ROUND.length, '0');
      for (const at of idAt) bytes.write(round, at, 'latin1');
      refused += await postUntilTaken(client, '/v1/batch', bytes, signal);
      if (performance.now() <= until) acknowledged += BATCH;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, line));
  return { acknowledged, refused };
};

/** What the thread has taken that all of ingest's own code runs on; the others collect garbage and compile. */
const loopOf = (system: BenchSystem): number => threadsOf(system.processes().find(({ name }) => name === 'ingest-api')?.pid ?? 0).get('MainThread') ?? Number.NaN;

/** Acknowledged events per second through one ingest process, and what Kafka's own tool does before and after it. */
const run = async (context: PartContext): Promise<Report> => {
  const { options, say, signal } = context;
  const lab = await context.lab();
  const { stack } = lab;
  return lab.on('ingest', ['ingest-api'], async (system) => {
    const bodies = makeBodies(options.seed, options.customers);
    const client = httpClient(system.urlOf('ingest-api'), system.keys.write, CONNECTIONS);
    const topic = system.topicPrefix + TOPICS.received;
    const perfTopic = `${system.topicPrefix}perf`;
    try {
      const turn = { sent: 0 };
      say('ingest: warming up');
      await post(client, bodies, turn, WARM_UP_MS, signal);
      const records = [...(await endsOf(stack.kafkaBrokers, topic)).values()].reduce((sum, end) => sum + end, 0);
      const recordSize = Math.round((await bytesOnDisk(stack, topic)) / records);
      const perf = async (): Promise<number> => {
        say(`ingest: ProducerPerformance with records of ${recordSize} bytes`);
        await createTopics(stack.kafkaBrokers, [perfTopic]);
        try {
          return await producerPerformance(stack, { topic: perfTopic, records: Math.min(PERF_RECORDS, options.events * 2), recordSize, signal });
        } finally {
          await deleteTopics(stack.kafkaBrokers, [perfTopic]);
        }
      };
      const before = await perf();
      const profile = options.profile ? await startProfile(context, system, 'ingest') : undefined;
      await profile?.attach();
      say('ingest: measuring');
      const meter = new CpuMeter(stack, system);
      meter.start();
      const loopBefore = loopOf(system);
      const ownBefore = process.cpuUsage();
      const { acknowledged: events, refused } = await post(client, bodies, turn, MEASURED_MS, signal);
      const times = meter.read();
      const own = process.cpuUsage(ownBefore);
      const loop = loopOf(system) - loopBefore;
      await profile?.print(events, times);
      const after = await perf();
      const rate = (events / MEASURED_MS) * 1_000;
      return {
        figures: [measured(NAME, rate / ((before + after) / 2), '', TARGET)],
        notes: [
          { name: 'ingest: acknowledged over HTTP', value: rate, unit: 'events/s' },
          { name: 'ingest: ProducerPerformance before', value: before, unit: 'records/s' },
          { name: 'ingest: ProducerPerformance after', value: after, unit: 'records/s' },
          { name: 'ingest: batches refused as too many, and sent again', value: refused, unit: '' },
          { name: 'ingest: record size', value: recordSize, unit: 'bytes' },
          { name: 'ingest: body', value: bodies.reduce((sum, { bytes }) => sum + bytes.length, 0) / (BODIES * BATCH), unit: 'bytes/event' },
          ...[...times].map(([process, time]) => ({ name: `ingest: CPU of ${process}`, value: time / events, unit: 'µs/event' })),
          { name: 'ingest: of it, its event loop: the limit where it comes near a core', value: loop / events, unit: 'µs/event' },
          { name: 'ingest: CPU of the load generator', value: (own.user + own.system) / events, unit: 'µs/event' },
          { name: 'ingest: peak memory of ingest-api', value: meter.peakMb.get('ingest-api') ?? 0, unit: 'MB' },
        ],
      };
    } finally {
      client.close();
    }
  });
};

export const ingestPart: Part = { name: 'ingest', apps: ['ingest-api'], figures: [{ name: NAME, unit: '', target: TARGET }], run };
