import { DAY, HOUR, MINUTE, type Instant } from '@touchpoint/kernel';
import { TOPICS } from '@touchpoint/log';
import { httpClient, postUntilTaken } from './http-client.ts';
import { shopEvents } from './shop.ts';
import { endsOf } from './topics.ts';
import type { BenchSystem } from './system.port.ts';

export type BacklogOptions = Readonly<{ events: number; customers: number; seed: number }>;
/** `records` lie on touchpoints.received; a device that is registered adds one to its event. */
export type Backlog = Readonly<{ records: number; seconds: number }>;

const BATCH = 400;
const CONNECTIONS = 4;

/** Yesterday, UTC: timers that the events set are as due as those of any shop, and all events are of one day. */
const yesterday = (): Instant => Math.floor(Date.now() / DAY) * DAY - DAY;

const recordsOn = async ({ connections, topicPrefix }: BenchSystem): Promise<number> =>
  [...(await endsOf(connections.kafkaBrokers, topicPrefix + TOPICS.received)).values()].reduce((sum, end) => sum + end, 0);

/**
 * Writes a backlog of at least `events` records through ingest-api, as publishers do, so it is encoded, keyed and sealed as everything is. What happened is
 * spread over the hours of yesterday, in order of time. The same options give the same events.
 */
export const writeBacklog = async (system: BenchSystem, { events, customers, seed }: BacklogOptions, onProgress: (records: number) => void): Promise<Backlog> => {
  const began = performance.now();
  const client = httpClient(system.urlOf('ingest-api'), system.keys.write, CONNECTIONS);
  const shop = shopEvents({ seed, customers });
  const start = yesterday() + 30 * MINUTE;
  let made = 0;
  const body = (): Buffer => {
    const batch = Array.from({ length: BATCH }, () => {
      const timestamp = new Date(start + Math.floor(Math.min(made / events, 1) * 23 * HOUR)).toISOString();
      return { messageId: `bench-${seed}-${(made += 1)}`, timestamp, ...shop.next().value };
    });
    return Buffer.from(JSON.stringify({ batch }));
  };
  /** Every line of these takes the next batch, until there are enough. */
  const line = async (): Promise<void> => {
    while (made < events) {
      await postUntilTaken(client, '/v1/batch', body());
      onProgress(made);
    }
  };
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, line));
    return { records: await recordsOn(system), seconds: (performance.now() - began) / 1_000 };
  } finally {
    client.close();
  }
};
