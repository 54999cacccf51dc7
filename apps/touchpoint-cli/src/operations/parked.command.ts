import { InvalidArgumentError } from 'commander';
import { dirOption, examples, type CommandFile, type DirOption } from '../command.ts';
import { CliError, EXIT } from '../system/cli-error.ts';
import { columnsOf, paintOut } from '../view/terminal.ts';
import { limitOption } from './limit-option.ts';
import { operationsClient } from './operations-client.ts';
import { operationOptions, runOperation, type OperationOptions } from './run-operation.ts';

type ListOptions = DirOption & Readonly<{ consumer?: string; key?: string; code?: string; dropped?: boolean; limit: number; json?: boolean }>;
type Which = Readonly<{ key?: string; code?: string; id?: number; all?: boolean }>;
type Parked = Readonly<{ id: number; consumer: string; topic: string; partition: number; offset: number; key: string; code: string; detail: string; parkedAt: string; state: string }>;
type Dropped = Readonly<{ consumer: string; topic: string; partition: number; offset: number; key: string; code: string; runId: string; droppedAt: string }>;

const parkedId = (text: string): number => {
  const id = Number(text);
  if (!Number.isInteger(id) || id < 1) throw new InvalidArgumentError('expected an id as `parked list` shows it');
  return id;
};
const dim = (...titles: readonly string[]) => titles.map((title) => paintOut('dim', title));
const at = ({ topic, partition, offset }: Readonly<{ topic: string; partition: number; offset: number }>) => `${topic}/${partition}@${offset}`;
const one = ({ all, ...which }: Which, hint: string): object => {
  if ([all === true ? true : undefined, ...Object.values(which)].filter((value) => value !== undefined).length !== 1) throw new CliError('CLI.USAGE', hint, { exitCode: EXIT.usage });
  return which;
};

export const parkedCommand: CommandFile = (program, context) => {
  const parked = program
    .command('parked')
    .description('records that could not be processed, with their customer\'s later ones: list, show, retry, drop')
    .addHelpText('after', examples('parked list', 'parked show 17', 'parked retry profile-projector --key 6f1c… --apply --why "release 1.4 can fold it"', 'parked retry identity-resolver --code LOG.UNKNOWN_SCHEMA', 'parked drop profile-projector --id 17'));
  parked
    .command('list')
    .description('what is parked, oldest first, and why')
    .option('--consumer <name>', 'of one consumer only')
    .option('--key <key>', 'of one customer or source only')
    .option('--code <code>', 'of one cause only')
    .option('--dropped', 'positions that were dropped instead, the latest first')
    .option(...limitOption(100))
    .option('--json', 'as JSON')
    .option(...dirOption)
    .action(async ({ consumer, key, code, dropped, limit, json, ...options }: ListOptions) => {
      const client = await operationsClient(context, options);
      const asked = new URLSearchParams({ limit: String(limit), ...(consumer && { consumer }), ...(key && { key }), ...(code && { code }) });
      const rows = dropped ? (await client.get<{ dropped: readonly Dropped[] }>(`/v1/parked/dropped?${asked}`)).dropped : (await client.get<{ parked: readonly Parked[] }>(`/v1/parked?${asked}`)).parked;
      if (json) return context.terminal.out(`${JSON.stringify(rows)}\n`);
      if (rows.length === 0) return context.terminal.err(dropped ? 'Nothing was dropped.\n' : 'Nothing is parked.\n');
      const lines = rows.map((row) => ('id' in row
        ? [String(row.id), row.consumer, at(row), row.key, row.code, row.state === 'parked' ? row.parkedAt.slice(0, 19) : paintOut('yellow', row.state), paintOut('dim', row.detail)]
        : [row.consumer, at(row), row.key, row.code, row.droppedAt.slice(0, 19), row.runId]));
      context.terminal.out(`${columnsOf([dropped ? dim('CONSUMER', 'AT', 'KEY', 'CODE', 'DROPPED', 'RUN') : dim('ID', 'CONSUMER', 'AT', 'KEY', 'CODE', 'PARKED', 'WHY'), ...lines])}\n`);
      if (rows.length === limit) context.terminal.err('There may be more: ask for them with --limit.\n');
    });
  parked
    .command('show')
    .description('one parked record, decoded as far as it can be, as JSON; personal values are shown as [sealed]')
    .argument('<id>', 'as `parked list` shows it', parkedId)
    .option(...dirOption)
    .action(async (id: number, options: DirOption) => {
      context.terminal.out(`${JSON.stringify(await (await operationsClient(context, options)).get(`/v1/parked/${id}`), null, 2)}\n`);
    });
  operationOptions(parked
    .command('retry')
    .description('let the consumer try parked records again, in order, between two batches')
    .argument('<consumer>', 'as `parked list` shows it')
    .option('--key <key>', 'those of one customer or source')
    .option('--code <code>', 'those of every customer or source that has one of this cause')
    .option('--all', 'all'))
    .action(async (consumer: string, { key, code, all, ...options }: OperationOptions & Which) => {
      await runOperation(context, options, 'parked-retry', { consumer, ...one({ ...(key && { key }), ...(code && { code }), ...(all && { all }) }, 'Say which records: --key KEY for those of one customer, --code CODE for those of one cause, or --all') });
    });
  operationOptions(parked
    .command('drop')
    .description('drop parked records for good; what lies behind them is tried again')
    .argument('<consumer>', 'as `parked list` shows it')
    .option('--key <key>', 'what failed of one customer or source; what only lies behind it is tried again')
    .option('--code <code>', 'all of one cause')
    .option('--id <id>', 'one record', parkedId))
    .action(async (consumer: string, { key, code, id, ...options }: OperationOptions & Which) => {
      await runOperation(context, options, 'parked-drop', { consumer, ...one({ ...(key && { key }), ...(code && { code }), ...(id !== undefined && { id }) }, 'Say which records: --id ID, --key KEY, or --code CODE') });
    });
};
