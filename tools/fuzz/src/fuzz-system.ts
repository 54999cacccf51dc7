import { silentLog } from '@touchpoint/host';
import { random } from '@touchpoint/kernel';
import { createAppender, createKafka, createMessageWriter, createRegistry, kafkaProducers, TOPICS } from '@touchpoint/log';
import { createPool, query } from '@touchpoint/store';
import type { CrashSystem } from '@touchpoint/crash';
import { countAnswer, type Failed } from './account/answers.ts';
import { endsOf, settled } from './account/positions.ts';
import { createRecordAccount } from './account/records.ts';
import { readDropped } from './account/readers-counts.ts';
import { Tally } from './account/tally.ts';
import { createPoster } from './http/post.ts';
import { createRequests } from './http/requests.ts';
import { createRecords } from './records/records.ts';
import { bareRecords } from './records/bare-records.ts';

export type FuzzOptions = Readonly<{ seed: number; inputs: number; partitions: number; /** The processes that ended by themselves so far. */ ended: () => readonly string[]; /** Inputs after which all is waited for and accounted. */ round?: number; say?: (text: string) => void }>;
export type Fuzzed = Readonly<{ inputs: number; crashes: number; stuck: readonly string[]; unaccounted: number; tally: Tally; seconds: number }>;
export type FuzzSystem = Pick<CrashSystem, 'connections' | 'topicPrefix' | 'keys' | 'urlOf' | 'processes'>;

/** Names of the keys that a system's own command has. */
const PUBLISHERS: ReadonlySet<string> = new Set(['demo', 'import']);
const LANES = 8;
const CHUNK = 1_000;
/** Of inputs, those that come as records. */
const RECORDS_SHARE = 0.5;
const PATIENCE_MS = 60_000;
/** Of the customers that a partition has: well below what a reader takes for a bad release. */
const VICTIMS_SHARE = 0.0025;
/** The tables by which readers know how many customers there are. */
const CUSTOMERS = ['profile.activity_v1', 'identity.link', 'orchestration.customer'];

/** Throws generated inputs at a system, a round after another, and tells what became of each. The system is left running. */
export const fuzz = async (system: FuzzSystem, { seed, inputs: wanted, partitions, ended, round = 50_000, say = () => undefined }: FuzzOptions): Promise<Fuzzed> => {
  const began = performance.now();
  const { connections: { kafkaBrokers, schemaRegistryUrl, databaseUrl }, topicPrefix: prefix, keys } = system;
  const kafka = createKafka({ brokers: kafkaBrokers, clientId: 'touchpoint-fuzz', log: silentLog });
  const pool = createPool({ databaseUrl, name: 'touchpoint-fuzz', max: 2, onError: () => undefined });
  const appender = createAppender(kafkaProducers(kafka), { log: silentLog });
  const admin = kafka.admin();
  await admin.connect();
  const registry = createRegistry(schemaRegistryUrl);
  const [received, timeline, commands] = await Promise.all([TOPICS.received, TOPICS.timeline, TOPICS.commands].map((topic) => createMessageWriter(registry, prefix, topic)));
  const now = () => Date.now();
  const records = createRecords({ seed, chance: random(seed), prefix, partitions, writers: { received: received!, timeline: timeline!, commands: commands! }, now });
  const requests = createRequests(random(seed + 1), keys, `f${seed}`, now);
  const bare = bareRecords(kafka, random(seed + 2), prefix, partitions);
  const poster = createPoster(system.urlOf('ingest-api'), LANES);
  const tally = new Tally();
  const account = createRecordAccount({ kafka, pool, registryUrl: schemaRegistryUrl, prefix, partitions, tally });
  const failed: Failed = { crashes: 0, unanswered: 0 };
  const stuck: string[] = [];
  let inputs = 0;

  const askedAndTaken = async (count: number): Promise<Set<string>> => {
    const taken = new Set<string>();
    let left = count;
    const lane = async (): Promise<void> => {
      while (left > 0) {
        const request = requests.next();
        left -= request.inputs;
        inputs += request.inputs;
        for (const id of countAnswer(request, await poster.post(request), tally, failed)) taken.add(id);
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return taken;
  };
  const appended = async (count: number): Promise<void> => {
    for (let left = count; left > 0; left -= CHUNK) {
      const some = Array.from({ length: Math.min(left, CHUNK) }, records.next);
      await appender.append(some);
      inputs += some.length + (await bare.send());
    }
  };
  /** Bad customers are few among many: as many more as there are more of them by now. */
  const grow = async (): Promise<void> => {
    for (const table of CUSTOMERS) await pool.query(`analyze ${table}`);
    const [row] = await query<{ least: string }>(pool, 'select min(reltuples)::bigint::text as least from pg_class where oid = any($1::regclass[])', [CUSTOMERS]);
    records.grow(Math.floor((Number(row!.least) / partitions) * VICTIMS_SHARE));
  };

  try {
    while (inputs < wanted && stuck.length === 0) {
      const size = Math.min(round, wanted - inputs);
      const [taken] = await Promise.all([askedAndTaken(Math.ceil(size * (1 - RECORDS_SHARE))), appended(Math.ceil(size * RECORDS_SHARE))]);
      stuck.push(...(await settled(admin, pool, prefix, PATIENCE_MS)));
      await account.upTo(await endsOf(admin, prefix), PUBLISHERS);
      for (const id of taken) if (!account.hasReceived(id)) tally.missing(`${id} was answered with 200 and is not on the log`);
      await grow();
      const seconds = (performance.now() - began) / 1_000;
      say(`${inputs} of ${wanted} inputs, ${Math.round(inputs / seconds)} a second: ${['refused', 'parked', 'dropped', 'accepted'].map((fate) => `${tally.of(fate)} ${fate}`).join(', ')}; ${ended().length + failed.crashes} crashes, ${stuck.length} stuck, ${tally.unaccounted} unaccounted`);
    }
    const counted = await readDropped(system.processes().map(({ url }) => url));
    for (const kind of ['repeat', 'stranger'] as const) {
      const should = kind === 'repeat' ? account.dropped.repeats : account.dropped.strangers;
      if (ended().length === 0 && counted[kind] !== should) tally.missing(`${should} records were dropped as ${kind}, ${counted[kind]} were counted`, Math.abs(should - counted[kind]));
    }
    return { inputs, crashes: ended().length + failed.crashes, stuck: [...stuck, ...Array.from({ length: failed.unanswered }, () => 'a request without an answer')], unaccounted: tally.unaccounted, tally, seconds: (performance.now() - began) / 1_000 };
  } finally {
    poster.close();
    await bare.close();
    await appender.close();
    await account.close();
    await admin.disconnect();
    await pool.end();
  }
};
