import { resolve } from 'node:path';
import { failureKind } from '@touchpoint/kernel';
import { loadSnapshot, readManifest } from '@touchpoint/store';
import type { Context } from '../command.ts';
import { CliError } from '../system/cli-error.ts';
import { locate, needed } from '../system/locate.ts';
import { withPool } from '../system/set-up.ts';
import type { OperationOptions } from './run-operation.ts';

/** Loads a snapshot into the database that the environment names, or that runs in the folder. Not through operations-api, which has no table to stand on yet. */
export const load = async (context: Context, options: OperationOptions, { folder, keysFrom }: Readonly<{ folder: string; keysFrom?: string | null }>): Promise<void> => {
  const { terminal } = context;
  try {
    const manifest = await readManifest(resolve(folder));
    const rows = manifest.parts.reduce((sum, part) => sum + part.rows, 0).toLocaleString('en');
    if (!options.apply) {
      terminal.err(`${rows} rows of ${manifest.takenAt} would be loaded. Nothing was changed. Do it with --apply.\n`);
      return;
    }
    const databaseUrl = needed(await locate(context, options), 'databaseUrl');
    await withPool(databaseUrl, (pool) => loadSnapshot(pool, {
      folder: resolve(folder), ...(keysFrom !== undefined && { keysFrom: keysFrom === null ? null : resolve(keysFrom) }),
      tell: (part, done, of) => terminal.err(`${done + 1} of ${of}: ${part}\n`),
    }));
    terminal.err(`${rows} rows of ${manifest.takenAt} are loaded. Workers wait now. Start the system, then: npx touchpoint restore --apply --why REASON\n`);
  } catch (error) {
    if (failureKind(error) !== 'Halt') throw error;
    throw new CliError((error as { code?: string }).code ?? 'SNAPSHOT', (error as Error).message, { cause: error });
  }
};
