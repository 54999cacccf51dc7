import type { JsonText } from '@touchpoint/contracts';
import { createAppender, createMessageWriter, kafkaProducers, partitionCounts, TOPICS } from '@touchpoint/log';
import { silentLog } from '@touchpoint/host';
import { ENGINE_VERSION, publicationAs, publicationDigest, type Publication } from '@touchpoint/orchestration';
import { publishControl, type Client, type Pool } from '@touchpoint/store';
import { kafkaFor } from '../system/set-up.ts';
import { registryAt } from '../system/subjects.ts';

export type PublishPorts = Readonly<{ pool: Pool; kafkaBrokers: readonly string[]; schemaRegistryUrl: string; topicPrefix: string }>;
export type Published = Readonly<{ setNumber: number; changed: boolean; partitions: number }>;

/** How long a publication may take in all. */
const LIMIT_MS = 30_000;

type LastRow = { set_number: string; digest: string; segments: JsonText; measures: JsonText | null };

const lastSet = async (client: Client): Promise<LastRow | undefined> => {
  await client.query('lock table orchestration.published_set in exclusive mode');
  return (await client.query<LastRow>("select set_number, digest, published::json->>'segments' as segments, published::json->>'measures' as measures from orchestration.published_set order by set_number desc limit 1")).rows[0];
};

/**
 * Publishes journeys, segments and templates as one numbered set: a control record on every partition of the timeline, which takes effect there. The same content
 * again publishes nothing. What was committed and not sent in time is sent by the next publication.
 */
export const publishSet = async ({ pool, kafkaBrokers, schemaRegistryUrl, topicPrefix }: PublishPorts, publication: Publication, by: string, note: string | null): Promise<Published> => {
  const kafka = kafkaFor({ kafkaBrokers });
  const appender = createAppender(kafkaProducers(kafka), { log: silentLog });
  // Records with a seq have no deadline each: a later one would land behind a gap. When it takes too long, nothing at all is sent any more.
  const limit = setTimeout(() => void appender.close(), LIMIT_MS);
  try {
    const writer = await createMessageWriter(registryAt(schemaRegistryUrl), topicPrefix, TOPICS.timeline);
    const topic = topicPrefix + TOPICS.timeline;
    const partitions = (await partitionCounts(kafka, topicPrefix)).get(topic)!;
    const digest = publicationDigest({ engineVersion: ENGINE_VERSION, ...publication });
    let setNumber = 0;
    const changed = await publishControl({ pool, appender, writer, timeline: { topic, partitions } }, async (client) => {
      const last = await lastSet(client);
      setNumber = Number(last?.set_number ?? 0);
      if (last?.digest === digest) return undefined;
      setNumber += 1;
      const at = Date.now();
      const data = { ...publicationAs(setNumber, publication, last), settings: null, publishedBy: by, publishedAt: at, note };
      await client.query('insert into orchestration.published_set (set_number, digest, published, published_at) values ($1, $2, $3, to_timestamp($4::float8 / 1000))', [setNumber, digest, JSON.stringify(data), at]);
      return { type: 'JourneysPublished' as const, data, by, at };
    });
    return { setNumber, changed, partitions };
  } finally {
    clearTimeout(limit);
    await appender.close();
  }
};
