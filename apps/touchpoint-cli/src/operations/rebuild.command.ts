import { examples, type CommandFile } from '../command.ts';
import { CliError, EXIT } from '../system/cli-error.ts';
import { operationOptions, runOperation, type OperationOptions } from './run-operation.ts';

type RebuildOptions = OperationOptions & Readonly<{ all?: boolean; changed?: boolean; back?: boolean; acceptDifferences?: boolean; customer?: string }>;

export const rebuildCommand: CommandFile = (program, context) => {
  operationOptions(
    program
      .command('rebuild')
      .description('fold read models anew from the log, beside the live ones; compare; and make them live. Reads never stop')
      .argument('[read-model...]', 'such as orders or app-usage')
      .option('--all', 'every read model')
      .option('--changed', 'those of which this release folds another version than the live one')
      .option('--back', 'go back to what the last rebuild replaced, brought up to date')
      .option('--accept-differences', 'cut over though rows differ from the live ones')
      .option('--customer <id>', 'one customer alone, in place: its rows in these read models, or in all'),
  )
    .addHelpText('after', examples('rebuild orders', "rebuild orders --apply --why 'totals were wrong'", 'rebuild --all --csv differences.csv', "rebuild orders --back --apply --why 'the new version is wrong'", 'rebuild --customer 6f1d4f39-4a55-4f0c-9e0b-3c1f5d7a2b10'))
    .action(async (named: readonly string[], { all = false, changed = false, back = false, acceptDifferences = false, customer, ...options }: RebuildOptions) => {
      if (customer !== undefined) {
        if (changed || back) throw new CliError('CLI.USAGE', 'A customer alone is folded anew in place: --changed and --back are for whole read models', { exitCode: EXIT.usage });
        await runOperation(context, options, 'rebuild-customers', { customers: [customer], ...(!all && named.length > 0 && { models: named }) });
        return;
      }
      if ([all, changed, named.length > 0].filter(Boolean).length !== 1) throw new CliError('CLI.USAGE', 'Say which: read models by name, --all, or --changed', { exitCode: EXIT.usage });
      const { modelNames } = await import('./read-model-names.ts');
      await runOperation(context, options, 'rebuild', { models: all ? await modelNames() : named, changed, back, acceptDifferences });
    });
};
