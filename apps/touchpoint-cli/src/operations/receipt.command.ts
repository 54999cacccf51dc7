import { readFile } from 'node:fs/promises';
import { dirOption, examples, type CommandFile, type DirOption } from '../command.ts';
import { CliError, EXIT } from '../system/cli-error.ts';
import { operationsClient } from './operations-client.ts';

type Key = Readonly<{ algorithm: string; publicKey: string; fingerprint: string }>;

export const receiptCommand: CommandFile = (program, context) => {
  const { terminal } = context;
  const receipt = program
    .command('receipt')
    .description('signed receipts of erasures: verify, show, key')
    .addHelpText('after', examples('receipt verify FILE --key PUBLIC-KEY', 'receipt show RUN > receipt.json', 'receipt key'));
  receipt
    .command('verify')
    .description('check that a receipt is what was signed; needs no running system')
    .argument('<file>', 'the receipt')
    .option('--key <public key>', 'the key that it has to be signed by, as `receipt key` shows it (base64)')
    .action(async (file: string, { key }: Readonly<{ key?: string }>) => {
      const [{ verifyReceipt }, { fingerprintOf }] = await Promise.all([import('./verify-receipt.ts'), import('@touchpoint/vault')]);
      const { document, signature } = verifyReceipt(await readFile(file, 'utf8').catch((cause: unknown) => { throw new CliError('RECEIPT.UNREADABLE', `${file} cannot be read`, { exitCode: EXIT.usage, cause }); }), key);
      terminal.out(`${JSON.stringify(document, null, 2)}\n`);
      terminal.err(`Good: signed by key ${fingerprintOf(signature.publicKey)}${key === undefined ? '. Whose key that is, compare with: npx touchpoint receipt key' : ', which is the one given'}\n`);
    });
  receipt
    .command('show')
    .description('the receipt of an erasure, once more')
    .argument('<run>', 'the id of the run that erased, as `runs list` shows it')
    .option(...dirOption)
    .action(async (run: string, options: DirOption) => terminal.out(`${JSON.stringify(await (await operationsClient(context, options)).get<object>(`/v1/receipts/${encodeURIComponent(run)}`), null, 2)}\n`));
  receipt
    .command('key')
    .description('the public key that this system signs with (Ed25519), for those who check receipts')
    .option(...dirOption)
    .action(async (options: DirOption) => {
      const { publicKey, fingerprint } = await (await operationsClient(context, options)).get<Key>('/v1/receipts/key');
      terminal.out(`${publicKey}\n`);
      terminal.err(`Its short name: ${fingerprint}\n`);
    });
};
