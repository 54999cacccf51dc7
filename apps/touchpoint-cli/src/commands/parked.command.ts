import { InvalidArgumentError } from 'commander';
import { dirOption, examples, type CommandFile, type Context, type DirOption } from '../command.ts';
import { CliError, EXIT } from '../system/cli-error.ts';
import { locate, needed } from '../system/locate.ts';
import { columnsOf, paintOut } from '../view/terminal.ts';
import type { Pool } from '@touchpoint/store';

type ListOptions = DirOption & Readonly<{ consumer?: string; limit: number; json?: boolean }>;
type RetryOptions = DirOption & Readonly<{ key?: string; all?: boolean }>;

const limit = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 10_000) throw new InvalidArgumentError('expected a whole number up to 10000');
  return value;
};

const withStore = async <T>(context: Context, options: DirOption, work: (store: typeof import('@touchpoint/store'), pool: Pool) => Promise<T>): Promise<T> => {
  const databaseUrl = needed(await locate(context, options), 'databaseUrl');
  const [store, { withPool }] = await Promise.all([import('@touchpoint/store'), import('../system/set-up.ts')]);
  return withPool(databaseUrl, (pool) => work(store, pool));
};

/** What identity-resolver parks that a retry does not mend. */
const CONFLICT = 'IDENTITY.CONFLICT';

export const parkedCommand: CommandFile = (program, context) => {
  const parked = program
    .command('parked')
    .description('records that could not be processed, with their customer\'s later ones: list, retry')
    .addHelpText('after', examples('parked list', 'parked list --consumer profile-projector', 'parked retry profile-projector --key 6f1c…', 'parked retry profile-projector --all'));
  parked
    .command('list')
    .description('what is parked, oldest first, and why')
    .option('--consumer <name>', 'of one consumer only')
    .option('--limit <count>', 'at most so many', limit, 100)
    .option('--json', 'as JSON')
    .option(...dirOption)
    .action(async (options: ListOptions) => {
      const rows = await withStore(context, options, (store, pool) => store.listParked(pool, { limit: options.limit, ...(options.consumer !== undefined && { consumer: options.consumer }) }));
      if (options.json) return context.terminal.out(`${JSON.stringify(rows)}\n`);
      if (rows.length === 0) return context.terminal.err('Nothing is parked.\n');
      const head = ['ID', 'CONSUMER', 'AT', 'KEY', 'CODE', 'PARKED', 'WHY'].map((title) => paintOut('dim', title));
      context.terminal.out(`${columnsOf([head, ...rows.map(({ id, consumer, topic, partition, offset, key, code, detail, parkedAt, retryAt }) =>
        [String(id), consumer, `${topic}/${partition}@${offset}`, key, code, retryAt === null ? parkedAt.slice(0, 19) : paintOut('yellow', 'retry asked for'), paintOut('dim', detail)])])}\n`);
      if (rows.length === options.limit) context.terminal.err(`There may be more: ask for them with --limit.\n`);
    });
  parked
    .command('retry')
    .description('let the consumer try parked records again, in order, between two batches')
    .argument('<consumer>', 'as `parked list` shows it')
    .option('--key <key>', 'those of one customer or source')
    .option('--all', 'those of every key')
    .option(...dirOption)
    .action(async (consumer: string, options: RetryOptions) => {
      if ((options.key === undefined) === (options.all !== true)) throw new CliError('CLI.USAGE', 'Say which records: --key KEY for those of one customer, or --all', { exitCode: EXIT.usage });
      const which = { consumer, ...(options.key !== undefined && { key: options.key }) };
      const [count, conflicts] = await withStore(context, options, async (store, pool) => [await store.requestRetry(pool, which), await store.countParked(pool, { ...which, code: CONFLICT })] as const);
      if (count === 0) throw new CliError('CLI.NOTHING_PARKED', `${consumer} has parked nothing${options.key === undefined ? '' : ' of that key'}: see npx touchpoint parked list`);
      context.terminal.err(`${count} records are tried again, within a second or so. What stays parked: npx touchpoint parked list --consumer ${consumer}\n`);
      if (conflicts > 0) context.terminal.err(`${conflicts} of them (${CONFLICT}) stay parked as long as the event is known that has taken their message id; they hold nothing back. Let their publisher send them again, each under an id of its own.\n`);
    });
};
