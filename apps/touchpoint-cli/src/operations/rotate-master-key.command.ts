import { examples, type CommandFile } from '../command.ts';
import { operationOptions, runOperation, type OperationOptions } from './run-operation.ts';

export const rotateMasterKeyCommand: CommandFile = (program, context) => {
  const command = program
    .command('rotate-master-key')
    .description('wrap all data keys anew by the current master key, so that the former one opens nothing')
    .addHelpText('after', `${examples('rotate-master-key', 'rotate-master-key --apply --why "yearly rotation"')}
In four steps, none of which needs two processes to be restarted at the same time:
  1. MASTER_KEY_RING=NEW beside MASTER_KEY=OLD: restart every process that has a master key, one after another
  2. MASTER_KEY=NEW, MASTER_KEY_RING=OLD: the same
  3. this command
  4. without MASTER_KEY_RING: the same. Keep the old key as long as there are backups that were made before
`);
  operationOptions(command).action((options: OperationOptions) => runOperation(context, options, 'rotate-master-key', {}).then(() => undefined));
};
