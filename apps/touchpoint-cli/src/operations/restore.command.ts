import { examples, type CommandFile } from '../command.ts';
import { CliError, EXIT } from '../system/cli-error.ts';
import { operationOptions, runOperation, type OperationOptions } from './run-operation.ts';

type RestoreOptions = OperationOptions & Readonly<{ load?: string; keysFrom?: string; keys: boolean; anyway?: boolean }>;

export const restoreCommand: CommandFile = (program, context) => {
  operationOptions(program.command('restore').description('bring a database that went back to an earlier state (a backup, a failover that lost commits) level with the log'))
    .option('--load <folder>', 'load a snapshot first, into a database made by `prepare` that nobody has worked on; then start the system, and restore')
    .option('--keys-from <folder>', 'take the keys of a later snapshot, with --load')
    .option('--no-keys', 'load no keys: personal values are redacted')
    .option('--anyway', 'though the timeline shows no loss: messages under way become unknown')
    .addHelpText('after', `${examples('restore', "restore --apply --why 'Postgres went back to 9:00'", 'restore --load /backups/2026-11-23T09-00-00.000Z --apply')}
Workers wait until it has ended. What the log says already is not said again, what it does not say is said, and every command without an outcome becomes unknown.
The page "Restore" of docs/operations.md has the steps.
`)
    .action(async ({ load, keysFrom, keys, anyway = false, ...options }: RestoreOptions) => {
      if (load === undefined) {
        if (keysFrom !== undefined || !keys) throw new CliError('CLI.USAGE', '--keys-from and --no-keys belong to --load FOLDER', { exitCode: EXIT.usage });
        await runOperation(context, options, 'restore', { anyway });
        return;
      }
      const { load: loadInto } = await import('./load-snapshot.ts');
      await loadInto(context, options, { folder: load, ...(keysFrom !== undefined && { keysFrom }), ...(!keys && { keysFrom: null }) });
    });
};
