import { InvalidArgumentError } from 'commander';
import { examples, type CommandFile } from '../command.ts';
import { CliError, EXIT } from '../system/cli-error.ts';
import { columnsOf, paintOut } from '../view/terminal.ts';
import { operationsClient } from './operations-client.ts';
import { readPlan } from './replay-plan.ts';
import { operationOptions, runOperation, type OperationOptions } from './run-operation.ts';

type ReplayOptions = OperationOptions & Readonly<{ from?: string; to?: string; partitions?: readonly number[]; plan?: string; customer?: string; readModel?: readonly string[]; rate?: number }>;

const whole = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('expected a whole number greater than 0');
  return Number(text);
};
const partitionsOf = (text: string): readonly number[] => text.split(',').map((one) => {
  if (!/^\d{1,6}$/.test(one)) throw new InvalidArgumentError('expected partitions as numbers, such as 0,3');
  return Number(one);
});
const SHOWN = ['partition', 'from', 'to', 'records', 'customers', 'first_at', 'last_at'] as const;

export const replayCommand: CommandFile = (program, context) => {
  const replay = operationOptions(
    program
      .command('replay')
      // What stands behind `undo` is for `undo`: both have --apply and --why.
      .enablePositionalOptions()
      .description('read a stretch of the log once more: whoever has an event in it is folded anew, and nothing is said to anybody. Without --apply, the plan')
      .argument('<consumer>', 'profile-projector')
      .option('--from <position>', 'begin, a time (2026-11-22T10:00:00Z), how long ago (2h, 3d), an offset (1042), or where an event lies (7@1042)')
      .option('--to <position>', 'the same, or end; what lies there is left out', 'end')
      .option('--partitions <numbers>', 'these only, such as 0,3', partitionsOf)
      .option('--plan <file>', 'instead of --from and --to: a plan that was saved with --csv, and looked at')
      .option('--customer <id>', 'one customer only')
      .option('--read-model <name...>', 'these read models only')
      .option('--rate <records>', 'read no more than so many records a second', whole),
  )
    .addHelpText('after', examples('replay profile-projector --from 2h --csv plan.csv', 'replay profile-projector --plan plan.csv', "replay profile-projector --plan plan.csv --rate 5000 --apply --why 'a projector wrote wrong rows since 10:00'", 'replay undo RUN --apply --why "the rows were right"'))
    .action(async (consumer: string, { from, to, partitions, plan, customer, readModel, rate, ...options }: ReplayOptions) => {
      if ((from === undefined) === (plan === undefined)) throw new CliError('CLI.USAGE', 'Say from where, with --from, or give a plan, with --plan', { exitCode: EXIT.usage });
      const run = await runOperation(context, options, 'replay', {
        consumer, ...(plan === undefined ? { from, to } : { plan: await readPlan(plan) }), ...(partitions && { partitions }), ...(customer !== undefined && { customer }), ...(readModel && { models: readModel }), ...(rate !== undefined && { rate }),
      });
      if (run.state !== 'done' || run.apply || plan !== undefined || options.json || run.rows === 0) return;
      const rows: string[][] = [];
      for await (const row of (await operationsClient(context, options)).rows(run.id)) rows.push(SHOWN.map((name) => String(row[name] ?? '')));
      context.terminal.out(`${columnsOf([SHOWN.map((name) => paintOut('dim', name.replace('_', ' ').toUpperCase())), ...rows])}\n`);
    });
  operationOptions(replay.command('undo').description('put back what a replay has replaced, with what came since').argument('<run>', 'the replay, as `runs list` shows it'))
    .action(async (run: string, options: OperationOptions) => {
      await runOperation(context, options, 'replay-undo', { run });
    });
};
