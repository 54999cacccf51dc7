import { setTimeout as sleep } from 'node:timers/promises';
import { customerIdOf, type CustomerId } from '@touchpoint/kernel';
import { createSourceKeys } from '@touchpoint/vault';
import { openEcho } from '../echo/echo.ts';
import { CpuMeter } from '../cpu-meter.ts';
import { httpClient, postUntilTaken, type HttpClient } from '../http-client.ts';
import { paced, wallClock, type Pace } from '../pace.ts';
import { percentile } from '../percentile.ts';
import { startProfile } from '../profile/profile.ts';
import { measured, type Note } from '../report.ts';
import { orderOf } from '../shop.ts';
import type { BenchSystem } from '../system.port.ts';
import { sandboxMarks, wayMarks, type Marks } from './order-marks.ts';
import type { Part, PartContext, Report } from '../part.ts';

const TARGET = { atMost: 3 };
const BATCH = 100;
/** About what an order is on the log. */
const RECORD_SIZE = 600;
/** Processes that were just started compile what they run: for half a minute the same work takes half as much again. */
const WARM_UP_SECONDS = 30;
const SANDBOX_WAIT_MS = 30_000;
const P50 = 'order_to_message_p50_vs_bare';
const P99 = 'order_to_message_p99_vs_bare';
const APPS = ['ingest-api', 'identity-resolver', 'profile-projector', 'channel-orchestrator', 'delivery-service'];

const userOf = (index: number): string => `orderer-${index}`;

/** Says who they are and how to write to them: without an address there is no confirmation. */
const identify = async (client: HttpClient, count: number): Promise<void> => {
  for (let from = 0; from < count; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) =>
      ({ type: 'identify', messageId: `identify-${from + i}`, userId: userOf(from + i), traits: { email: `${userOf(from + i)}@shop.example`, firstName: 'Ada', language: 'en-GB' } }));
    await postUntilTaken(client, '/v1/batch', Buffer.from(JSON.stringify({ batch })));
  }
};

/** Sends orders at their pace. @returns when each was answered, by its customer. */
const sendOrders = async (client: HttpClient, customers: readonly CustomerId[], pace: Pace, now: () => number, signal: AbortSignal): Promise<Marks> => {
  const answered = new Map<string, number>();
  await paced(pace, async (index) => {
    const body = Buffer.from(JSON.stringify({ ...orderOf(userOf(index), `order-${index}`, index), messageId: `order-${index}` }));
    const status = await client.post('/v1/track', body);
    answered.set(customers[index]!, now());
    if (status !== 200) throw new Error(`ingest answered ${status}`);
  }, now, signal);
  return answered;
};

const untilSent = async (system: BenchSystem, customers: readonly string[], signal: AbortSignal): Promise<Marks> => {
  for (const until = performance.now() + SANDBOX_WAIT_MS; ; ) {
    const sent = await sandboxMarks(system);
    const missing = customers.filter((customer) => !sent.has(customer)).length;
    if (missing === 0) return sent;
    if (performance.now() > until) throw new Error(`${missing} of ${customers.length} orders had no confirmation in the sandbox after ${SANDBOX_WAIT_MS / 1_000} s`);
    await sleep(500, undefined, { signal });
  }
};

const between = (from: Marks, to: Marks): readonly number[] => [...from].flatMap(([key, at]) => (to.has(key) ? [to.get(key)! - at] : []));
const both = (name: string, values: readonly number[]): readonly Note[] =>
  values.length === 0 ? [] : [0.5, 0.99].map((share) => ({ name: `orders: ${name}, p${share * 100}`, value: percentile(values, share), unit: 'ms' }));

/** How long an order waits for its confirmation at so many orders a second (100), and a bare echo over as many hops in the seconds between. */
const run = async (context: PartContext): Promise<Report> => {
  const { options, say, signal } = context;
  const lab = await context.lab();
  return lab.on('orders', APPS, async (system) => {
    const client = httpClient(system.urlOf('ingest-api'), system.keys.write, 64);
    const echo = await openEcho(lab.stack.kafkaBrokers, system.topicPrefix, RECORD_SIZE, signal);
    const perSecond = options.rate;
    const warmUp = perSecond * Math.ceil(WARM_UP_SECONDS / 2);
    const count = perSecond * Math.ceil(options.seconds / 2);
    const { keyOf } = createSourceKeys(Buffer.from(system.secrets.SOURCE_KEY_SECRET, 'base64'));
    const customers = Array.from({ length: count + warmUp }, (_, index) => customerIdOf(keyOf('user', userOf(index))));
    try {
      await identify(client, customers.length);
      await system.untilIdle();
      const now = wallClock();
      const soon = (slot: Pace['slot'], seconds: number, startAt: number): Pace => ({ slot, seconds, perSecond, startAt });
      say('orders: warming up');
      const first = now() + 500;
      const early = customers.slice(count);
      await Promise.all([echo.run(soon('odd', WARM_UP_SECONDS, first)), sendEarly(client, early, count, soon('even', WARM_UP_SECONDS, first), now, signal)]);
      await untilSent(system, early, signal);

      const profile = options.profile ? await startProfile(context, system, 'orders') : undefined;
      await profile?.attach();
      const meter = new CpuMeter(lab.stack, system);
      meter.start();
      say(`orders: ${perSecond} a second, and an echo in the seconds between`);
      const startAt = now() + 500;
      const [answered, echoed] = await Promise.all([
        sendOrders(client, customers, soon('even', options.seconds, startAt), now, signal),
        echo.run(soon('odd', options.seconds, startAt)),
      ]);
      const sent = await untilSent(system, [...answered.keys()], signal);
      const times = meter.read();
      await profile?.print(answered.size, times);
      if (echoed.missing > 0) throw new Error(`${echoed.missing} echoes did not return`);
      const { timeline, command } = await wayMarks(system);
      const ours = between(answered, sent);
      const onWay = (marks: Marks): Marks => new Map([...marks].filter(([key]) => answered.has(key)));
      return {
        figures: [
          measured(P50, percentile(ours, 0.5) / percentile(echoed.latencies, 0.5), '', TARGET),
          measured(P99, percentile(ours, 0.99) / percentile(echoed.latencies, 0.99), '', TARGET),
        ],
        notes: [
          { name: 'orders: a second, every other one', value: perSecond, unit: 'orders/s' },
          { name: 'orders: sent, and echoes', value: `${ours.length}, ${echoed.latencies.length}`, unit: '' },
          ...both('answer to sandbox', ours), ...both('bare echo', echoed.latencies),
          ...both('answer to timeline', between(answered, timeline)), ...both('timeline to command', between(onWay(timeline), command)), ...both('command to sandbox', between(onWay(command), sent)),
          ...[...times].map(([process, time]) => ({ name: `orders: CPU of ${process}`, value: time / answered.size, unit: 'µs/order' })),
        ],
      };
    } finally {
      client.close();
      await echo.close();
    }
  });
};

/** Orders that nobody measures, of customers behind the others. */
const sendEarly = (client: HttpClient, customers: readonly CustomerId[], from: number, pace: Pace, now: () => number, signal: AbortSignal): Promise<void> =>
  paced(pace, async (index) => {
    if (!customers[index]) return;
    await client.post('/v1/track', Buffer.from(JSON.stringify({ ...orderOf(userOf(from + index), `early-${index}`, index), messageId: `early-${index}` })));
  }, now, signal);

export const ordersPart: Part = { name: 'orders', apps: APPS, figures: [P50, P99].map((name) => ({ name, unit: '', target: TARGET })), run };
