import { writeFile } from 'node:fs/promises';
import { examples, type CommandFile } from '../command.ts';
import { operationsClient } from './operations-client.ts';
import { operationOptions, runOperation, type OperationOptions } from './run-operation.ts';

type EraseOptions = OperationOptions & Readonly<{ receipt?: string }>;

export const eraseCommand: CommandFile = (program, context) => {
  const command = program
    .command('erase')
    .description('erase the person behind a customer, for ever: keys, columns, addresses; what names nobody stays')
    .argument('<customer>', 'the id of the customer, or of any that was merged with it')
    .option('--receipt <file>', 'write the signed receipt to a file')
    .addHelpText('after', `${examples('erase CUSTOMER', 'erase CUSTOMER --apply --why "asked for by letter of 3 May" --receipt receipt.json', 'receipt verify receipt.json')}\nName nobody in the reason: it is kept in the audit log and stands in the receipt.\n`);
  operationOptions(command).action(async (customer: string, { receipt, ...options }: EraseOptions) => {
    const run = await runOperation(context, options, 'erase', { customer });
    if (receipt === undefined || run.state !== 'done' || !run.apply) return;
    await writeFile(receipt, `${JSON.stringify(await (await operationsClient(context, options)).get<object>(`/v1/receipts/${run.id}`), null, 2)}\n`);
    context.terminal.err(`The receipt: ${receipt}\n`);
  });
};
