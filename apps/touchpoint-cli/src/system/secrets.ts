import { randomBytes } from 'node:crypto';
import { masterKeyOf } from '@touchpoint/vault';
import type { Queryable } from '@touchpoint/store';
import { CliError } from './cli-error.ts';
import type { Places } from './places.ts';
import { readPrivate, writePrivate } from './private-file.ts';

/** Each 32 bytes in base64, as the apps want them. Never printed. */
export type Secrets = Readonly<{ MASTER_KEY: string; SOURCE_KEY_SECRET: string; /** While the master key is rotated: further ones, comma-separated. */ MASTER_KEY_RING?: string }>;

const NAMES = ['MASTER_KEY', 'SOURCE_KEY_SECRET'] as const;

/** What the environment gives, else what the folder keeps, else new ones, which are kept (mode 0600). `made`: this start made one. */
export const loadSecrets = async ({ secrets: path }: Places, given: Partial<Secrets>): Promise<{ secrets: Secrets; made: boolean }> => {
  const kept = (await readPrivate(path)) ?? {};
  const missing = NAMES.filter((name) => given[name] === undefined && typeof kept[name] !== 'string');
  const made = Object.fromEntries(missing.map((name) => [name, randomBytes(32).toString('base64')]));
  if (missing.length > 0) await writePrivate(path, { ...kept, ...made });
  return { secrets: { ...kept, ...made, ...given } as Secrets, made: missing.length > 0 };
};

/** @throws CliError when the database holds personal data that these secrets cannot open: better than to seal new data under another key beside it. */
export const checkSecrets = (on: Queryable, { MASTER_KEY, MASTER_KEY_RING }: Secrets, places: Places): Promise<void> =>
  checkMasterKeys(on, [MASTER_KEY, ...(MASTER_KEY_RING?.split(',') ?? [])].map((key) => Buffer.from(key, 'base64')), places);

export const checkMasterKeys = async (on: Queryable, keys: readonly Buffer[], { secrets: path }: Places): Promise<void> => {
  const { rows } = await on.query('select from vault.data_key where master_id <> all($1) limit 1', [keys.map((key) => masterKeyOf(key).id)]);
  if (rows.length === 0) return;
  throw new CliError(
    'SYSTEM.OTHER_MASTER_KEY',
    `The database holds personal data sealed under another master key: restore ${path}, or set MASTER_KEY (with MASTER_KEY_RING while it is rotated) and SOURCE_KEY_SECRET as they were, or begin anew with npx touchpoint down --wipe`,
  );
};
