import { examples, type CommandFile } from '../command.ts';
import { operationOptions, runOperation, type OperationOptions } from './run-operation.ts';

export const snapshotCommand: CommandFile = (program, context) => {
  operationOptions(program.command('snapshot').description('write the state of the database into a folder of operations-api (SNAPSHOT_DIR), while everything goes on; delete the keys of old ones'))
    .addHelpText('after', `${examples('snapshot', "snapshot --apply --why 'nightly'")}
Read models are left out: they are folded from the log. The keys of persons lie in a file of their own, which is deleted after SNAPSHOT_KEY_DAYS days by a later snapshot:
from then on nothing that was erased can be opened by it. What is in a snapshot is as secret as the database.
`)
    .action((options: OperationOptions) => runOperation(context, options, 'snapshot', {}).then(() => undefined));
};
