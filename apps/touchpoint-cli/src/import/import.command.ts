import { basename } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { dirOption, examples, type CommandFile, type Context, type DirOption } from '../command.ts';
import { CliError, EXIT } from '../system/cli-error.ts';

export type ImportOptions = DirOption &
  Readonly<{ map: string; check?: boolean; dryRun?: boolean; again?: boolean; url?: string; rejects?: string; giveUpAfter?: number; inFlight: number; gzip?: boolean; json?: boolean }>;

const wholeWithin = (least: number, most: number) => (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`);
  return value;
};

/** The first Ctrl-C or TERM stops in order: what is in flight is settled. A second one, or five seconds, ends requests too. */
const withStop = async <T>(work: (stop: AbortSignal, abandon: AbortSignal) => Promise<T>): Promise<T> => {
  const stop = new AbortController();
  const abandon = new AbortController();
  let patience: NodeJS.Timeout | undefined;
  const onSignal = (): void => {
    if (stop.signal.aborted) return abandon.abort();
    stop.abort();
    patience = setTimeout(() => abandon.abort(), 5_000);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  try {
    return await work(stop.signal, abandon.signal);
  } finally {
    clearTimeout(patience);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal);
  }
};

const run = async (context: Context, path: string | undefined, options: ImportOptions): Promise<void> => {
  const [{ readMapping }, { openInput }] = await Promise.all([import('./mapping-file.ts'), import('./input-file.ts')]);
  const mapping = await readMapping(options.map);
  const { terminal } = context;
  if (options.check) {
    const { name, events, columns } = mapping.compiled.mapping;
    return terminal.out(`The mapping ${mapping.path} can be used: data set ${name}, ${Object.keys(columns).length} columns, ${events.length} event${events.length === 1 ? '' : 's'}.\n`);
  }
  if (path === undefined) throw new CliError('CLI.USAGE', 'Say which file: npx touchpoint import FILE --map MAPPING', { exitCode: EXIT.usage });
  const input = await openInput(path);
  await withStop(async (stop, abandon) => {
    if (options.dryRun) {
      const { dryRun } = await import('./dry-run.ts');
      const { rejected } = await dryRun(input, mapping, terminal, stop);
      process.exitCode = rejected > 0 ? EXIT.rejected : 0;
      return;
    }
    const [{ importTarget }, { importFile }, { endingText }] = await Promise.all([import('./import-target.ts'), import('./import-file.ts'), import('./import-view.ts')]);
    const target = await importTarget(context, options);
    const ending = await importFile({ input, mapping, target, options, terminal, stop, abandon });
    if (options.json) terminal.out(`${JSON.stringify(ending)}\n`);
    else if (ending.end === 'stopped') terminal.err(`Stopped after ${ending.counts.rows.toLocaleString('en')} rows. Run the same command again: it goes on from there.\n`);
    else if (ending.end === 'before') terminal.out(`${basename(path)} was imported before; nothing was sent. To send it again all the same (nothing is doubled): --again\n`);
    else terminal.out(endingText(ending));
    process.exitCode = ending.end === 'stopped' ? EXIT.interrupted : ending.counts.rejected > 0 ? EXIT.rejected : 0;
  });
};

/** A file that the mapping does not fit is told as what it is. */
const speaking = (error: unknown): unknown =>
  error instanceof Error && 'code' in error && error.code === 'MAPPING.HEADER' ? new CliError('IMPORT.HEADER', error.message, { exitCode: EXIT.usage, cause: error }) : error;

export const importCommand: CommandFile = (program, context) => {
  program
    .command('import')
    .description('publish a CSV or NDJSON file (.gz and .br too) as history, as a mapping says; nothing is sent to customers for it')
    .argument('[file]', 'the file')
    .requiredOption('--map <mapping>', 'the mapping: a JSON file, or the name of one in mappings/')
    .option('--check', 'only look whether the mapping can be used')
    .option('--dry-run', 'show the first events and count all; send nothing')
    .option('--again', 'send what was sent before too')
    .option('--url <url>', 'of ingest-api, where it is not the system of this folder (INGEST_URL); its key comes from IMPORT_KEY')
    .option('--rejects <path>', 'where rejected rows are told (<file>.rejects.ndjson)')
    .option('--give-up-after <seconds>', 'end when a batch was not taken for so long, instead of trying on', wholeWithin(0, 1_000_000))
    .option('--in-flight <count>', 'batches in flight at a time', wholeWithin(1, 16), 4)
    .option('--gzip', 'pack what is sent: for a slow network')
    .option('--json', 'end with a line of JSON instead of a table')
    .option(...dirOption)
    .addHelpText('after', `${examples('import orders.csv --map online-retail --dry-run', 'import orders.csv.gz --map mappings/my-shop.json')}\nStopped or killed, it goes on where it was when the same command is run again. Exit codes: 0 all was taken, 4 some rows were rejected (the rest was taken), 130 stopped.\n`)
    .action((file: string | undefined, options: ImportOptions) =>
      run(context, file, options).catch((error: unknown) => {
        throw speaking(error);
      }));
};
