import type { Connections } from '@touchpoint/stack';
import type { Context, DirOption } from '../command.ts';
import { about } from '../command.ts';
import { CliError, EXIT } from './cli-error.ts';
import { readControl } from './control-client.ts';
import { readSettings } from './kept-settings.ts';
import type { Places } from './places.ts';
import type { SystemView } from './system.ts';

export type Located = Partial<Connections> & Readonly<{ topicPrefix: string; places: Places; view: SystemView | undefined }>;

/** Where a command's system is: what the environment names, else what the running system of the folder says, else what of the folder's stack runs. */
export const locate = async (context: Context, options: DirOption): Promise<Located> => {
  const { config, places } = about(context, options);
  const view = await readControl<SystemView>(places.dir);
  const found = view?.connections ?? (await ofStack(places, context));
  const given: Partial<Connections> = {
    ...(config.KAFKA_BROKERS && { kafkaBrokers: config.KAFKA_BROKERS }),
    ...(config.SCHEMA_REGISTRY_URL && { schemaRegistryUrl: config.SCHEMA_REGISTRY_URL }),
    ...(config.DATABASE_URL && { databaseUrl: config.DATABASE_URL }),
  };
  const topicPrefix = config.TOPIC_PREFIX || (view?.topicPrefix ?? (await readSettings(places)).topicPrefix);
  return { ...found, ...given, topicPrefix, places, view };
};

const ofStack = async ({ dir }: Places, { env }: Context): Promise<Partial<Connections>> => {
  const { stackStatus } = await import('@touchpoint/stack');
  const { parts, kafkaBrokers, schemaRegistryUrl, databaseUrl } = await stackStatus({ dir, env });
  const runs = (kind: string): boolean => parts.some((part) => part.kind === kind && part.ready);
  return { ...(kafkaBrokers && runs('kafka') && { kafkaBrokers }), ...(schemaRegistryUrl && runs('registry') && { schemaRegistryUrl }), ...(databaseUrl && runs('postgres') && { databaseUrl }) };
};

const NEEDED = { kafkaBrokers: ['Kafka', 'KAFKA_BROKERS'], schemaRegistryUrl: ['schema registry', 'SCHEMA_REGISTRY_URL'], databaseUrl: ['Postgres', 'DATABASE_URL'] } as const;

/** The address of a part that a command needs. @throws CliError that says how to have one. */
export const needed = <K extends keyof Connections>(located: Located, part: K): Connections[K] => {
  const value = located[part];
  if (value !== undefined) return value as Connections[K];
  const [name, variable] = NEEDED[part];
  throw new CliError('CLI.NOT_RUNNING', `No ${name} runs in ${located.places.dir}: start the system with npx touchpoint up, or set ${variable}`, { exitCode: EXIT.notRunning });
};
