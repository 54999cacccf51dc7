import { silentLog, systemClock } from '@touchpoint/host';
import { takeSegment, type Incoming } from '@touchpoint/intake';
import { DAY, HOUR, MINUTE, type Instant } from '@touchpoint/kernel';
import { createAppender, createKafka, createMessageWriter, createRegistry, kafkaProducers, TOPICS, type Appender, type MessageWriter } from '@touchpoint/log';
import { query } from '@touchpoint/store';
import { createSourceKeys, masterKeyOf, Vault } from '@touchpoint/vault';
import { PARTITIONS, poolOn } from './lab.ts';
import { fromApp } from './repository.ts';
import { shopEvents } from './shop.ts';
import type { BenchSystem } from './system.port.ts';

type Event = Readonly<{ records: readonly Incoming[]; traceparent: undefined }>;
type Recorder = Readonly<{ record: (events: readonly Event[], reception: object) => Promise<ReadonlySet<number>> }>;

export type BacklogOptions = Readonly<{ events: number; customers: number; seed: number }>;
/** `records` lie on touchpoints.received; a registered device adds one to its event. */
export type Backlog = Readonly<{ records: number; seconds: number }>;

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** How many events are made at a time, and how many such pieces may wait for the broker. */
const PIECE = 1_000;
const IN_FLIGHT = 12;

/** ingest-api's own code that makes records of events and appends them; only HTTP is left out. */
const openRecorder = async (system: BenchSystem, vault: Vault, appender: Appender, writer: MessageWriter, customers: number): Promise<Recorder> => {
  const secret = Buffer.from(system.secrets.SOURCE_KEY_SECRET, 'base64');
  const { Recorder } = (await fromApp('ingest-api', 'recorder.ts')) as { Recorder: new (ports: object) => Recorder };
  const { KnownSources } = (await fromApp('ingest-api', 'known-sources.ts')) as { KnownSources: new (keys: unknown, partitions: number, max: number) => unknown };
  const { digester } = (await fromApp('ingest-api', 'digest.ts')) as { digester: (secret: Uint8Array) => unknown };
  return new Recorder({
    topic: system.topicPrefix + TOPICS.received, vault, writer, appender, digest: digester(secret),
    sources: new KnownSources(createSourceKeys(secret, { maxEntries: 2 }), PARTITIONS, customers * 4),
    keysLimitMs: 60_000, observeAppend: () => undefined,
  });
};

/** Yesterday, UTC: timers that the events set are as due as those of any shop, and all events are of one day. */
const yesterday = (): Instant => Math.floor(Date.now() / DAY) * DAY - DAY;

/**
 * Writes a backlog onto touchpoints.received as ingest would have, spread over the hours of yesterday, in order of time. The same options give the same
 * events; sealed values and keys differ, as they must.
 */
export const writeBacklog = async (system: BenchSystem, { events, customers, seed }: BacklogOptions, onProgress: (records: number) => void): Promise<Backlog> => {
  const began = performance.now();
  const { kafkaBrokers, schemaRegistryUrl, databaseUrl } = system.connections;
  const pool = poolOn(databaseUrl);
  const vault = Vault.open(pool, { current: masterKeyOf(Buffer.from(system.secrets.MASTER_KEY, 'base64')) }, { clock: systemClock, maxEntries: customers });
  const appender = createAppender(kafkaProducers(createKafka({ brokers: kafkaBrokers, clientId: 'touchpoint-bench', log: silentLog })), { log: silentLog });
  try {
    // Its connections are made while there is time for it.
    await Promise.all([1, 2, 3, 4].map(() => query(pool, 'select pg_sleep(0.05)')));
    const writer = await createMessageWriter(createRegistry(schemaRegistryUrl), system.topicPrefix, TOPICS.received);
    const recorder = await openRecorder(system, vault, appender, writer, customers);
    const shop = shopEvents({ seed, customers });
    const start = yesterday();
    let records = 0;
    let made = 0;
    const waiting: Promise<unknown>[] = [];
    while (records < events) {
      const piece: Event[] = [];
      // Two seconds behind the event, as phones send.
      const receivedAt = start + 30 * MINUTE + Math.floor((records / events) * 23 * HOUR);
      while (piece.length < PIECE && records < events) {
        const event = { ...shop.next().value, messageId: `bench-${seed}-${made}`, timestamp: new Date(receivedAt - 2_000).toISOString() };
        const intake = takeSegment(event, { receivedAt, mayImport: false, escaped: false });
        if ('refused' in intake) throw new Error(`ingest would refuse an event of the synthetic shop: ${JSON.stringify(intake.refused)}`);
        piece.push({ records: intake.taken, traceparent: undefined });
        records += intake.taken.length;
        made += 1;
      }
      const recorded = recorder.record(piece, { caller: { name: 'bench' }, receivedAt, correlationId: null });
      // The first that fails is thrown; those behind it fail with the appender that is closed then.
      recorded.catch(() => undefined);
      waiting.push(recorded);
      if (waiting.length >= IN_FLIGHT) await waiting.shift();
      // Making events leaves Postgres and the broker no turn to answer.
      await turn();
      onProgress(records);
    }
    await Promise.all(waiting);
    return { records, seconds: (performance.now() - began) / 1_000 };
  } finally {
    await appender.close();
    vault.close();
    await pool.end();
  }
};
