import type { Connections } from '@touchpoint/stack';
import type { CommandConfig } from '../config.ts';
import type { Places } from './places.ts';
import { checkMasterKeys } from './secrets.ts';
import { checkLog, setUpDatabase, setUpTopics, withPool } from './set-up.ts';
import { registerAll } from './subjects.ts';

export type PrepareOptions = Readonly<{ connections: Connections; topicPrefix: string; config: CommandConfig; places: Places; say: (text: string) => void }>;

/**
 * What `touchpoint up` does between the stack and the apps, for Kafka, registry and Postgres that somebody else runs: topics, schemas, tables. Writes no file and
 * changes nothing that is there, so that every deployment may begin with it.
 */
export const prepare = async ({ connections, topicPrefix, config, places, say }: PrepareOptions): Promise<void> => {
  const created = await setUpTopics(connections, topicPrefix, config.TOPIC_PARTITIONS);
  say(created.length > 0 ? `Topics: created ${created.join(', ')}.` : 'Topics: all are there.');
  say(`Schemas: ${await registerAll(connections.schemaRegistryUrl, topicPrefix)} subjects are registered.`);
  const applied = await setUpDatabase(connections);
  say(applied.length > 0 ? `Tables: ${applied.length} migrations applied.` : 'Tables: up to date.');
  await checkLog(connections, topicPrefix, created);
  const { MASTER_KEY, MASTER_KEY_RING = [] } = config;
  if (MASTER_KEY) await withPool(connections.databaseUrl, (pool) => checkMasterKeys(pool, [MASTER_KEY, ...MASTER_KEY_RING], places));
};
