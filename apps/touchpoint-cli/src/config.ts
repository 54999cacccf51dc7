import { z } from 'zod';
import { defineConfig, kafka, loadConfig, postgres, registry, sourceKeys, vault, wholeNumber, type ConfigKeys, type Env } from '@touchpoint/host/config';
import { portVariable, presentApps } from './system/apps.ts';
import { defaultDir } from './system/places.ts';

/** The only place of the command where the process's environment is read. */
export const processEnv: Env = process.env;

const optional = <T>(key: Readonly<{ schema: z.ZodType<T>; doc: string }>, doc: string) => ({ ...key, schema: key.schema.optional(), doc });
const ports: ConfigKeys = Object.fromEntries(
  presentApps().map(({ name, port }) => [portVariable(name), { schema: wholeNumber(1, 65_535).optional(), doc: `Port of ${name}; ${port} in .stack, any free one in another folder. Its second process takes the port 100 above.` }]),
);

/** What the command itself looks at. The apps' own keys are passed on to them as they are. */
export const config = defineConfig('touchpoint-cli', {
  TOUCHPOINT_DIR: { schema: z.string().default(defaultDir), doc: 'Folder that holds everything of one system: data, logs, keys, secrets.', example: '.stack' },
  ...kafka,
  ...registry,
  KAFKA_BROKERS: optional(kafka.KAFKA_BROKERS, 'Brokers to use, comma-separated host:port. Without it a Kafka is started.'),
  SCHEMA_REGISTRY_URL: optional(registry.SCHEMA_REGISTRY_URL, 'Schema registry to use. Without it one is started.'),
  DATABASE_URL: optional(postgres.DATABASE_URL, 'Postgres database to use. Without it a Postgres is started.'),
  TOPIC_PARTITIONS: { schema: wholeNumber(1, 1_000).optional(), doc: 'Partitions of topics that are created, instead of what deploy/topics.yaml says: for small machines. Chosen once.' },
  MASTER_KEY: { ...optional(vault.MASTER_KEY, `${vault.MASTER_KEY.doc} Without it one is made and kept in the folder.`), secret: true },
  MASTER_KEY_RING: vault.MASTER_KEY_RING,
  SOURCE_KEY_SECRET: { ...optional(sourceKeys.SOURCE_KEY_SECRET, `${sourceKeys.SOURCE_KEY_SECRET.doc} Without it one is made and kept in the folder.`), secret: true },
  INGEST_URL: { schema: z.url({ protocol: /^https?$/ }).optional(), doc: 'ingest-api that `touchpoint import` posts to, instead of the running system of the folder. Needs IMPORT_KEY.' },
  IMPORT_KEY: { schema: z.string().min(1).optional(), doc: "API key with the scope events:import that `touchpoint import` uses, instead of the folder's own.", secret: true },
  OPERATIONS_URL: { schema: z.url({ protocol: /^https?$/ }).optional(), doc: 'operations-api that the commands for operators speak with, instead of the running system of the folder. Needs OPERATIONS_KEY.' },
  OPERATIONS_KEY: { schema: z.string().min(1).optional(), doc: "API key with the scope operate that the commands for operators use, instead of the folder's own.", secret: true },
  QUERY_URL: { schema: z.url({ protocol: /^https?$/ }).optional(), doc: 'query-api that `touchpoint export` reads from, instead of the running system of the folder. Needs QUERY_KEY.' },
  QUERY_KEY: { schema: z.string().min(1).optional(), doc: "API key with the scope customers:export that `touchpoint export` uses, instead of the folder's own.", secret: true },
  ...ports,
});

export const commandConfig = (env: Env = processEnv) => loadConfig(config, env);
export type CommandConfig = ReturnType<typeof commandConfig>;
