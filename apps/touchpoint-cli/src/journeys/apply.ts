import type { Connections } from '@touchpoint/stack';
import { withPool } from '../system/set-up.ts';
import { publishSet } from './publish.ts';
import { countsOf, readPublication } from './published-files.ts';

export type ApplyOptions = Readonly<{ by: string; note: string | null; from?: string }>;

/** Checks and publishes. @returns a sentence for people. @throws CliError that lists what is to mend; then nothing was published. */
export const applyJourneys = async ({ databaseUrl, kafkaBrokers, schemaRegistryUrl, topicPrefix }: Connections & Readonly<{ topicPrefix: string }>, { by, note, from }: ApplyOptions): Promise<string> => {
  const publication = await readPublication(from);
  const { setNumber, changed } = await withPool(databaseUrl, (pool) => publishSet({ pool, kafkaBrokers, schemaRegistryUrl, topicPrefix }, publication, by, note));
  return `set ${setNumber} ${changed ? 'published' : 'is in force already'}: ${countsOf(publication)}`;
};
