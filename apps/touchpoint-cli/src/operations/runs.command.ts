import { dirOption, examples, type CommandFile, type DirOption } from '../command.ts';
import { columnsOf, paintOut } from '../view/terminal.ts';
import { limitOption } from './limit-option.ts';
import { operationsClient, type Run } from './operations-client.ts';
import { follow, report, type OperationOptions } from './run-operation.ts';

type ListOptions = DirOption & Readonly<{ operation?: string; state?: string; limit: number; json?: boolean }>;
type ShowOptions = OperationOptions & Readonly<{ follow?: boolean }>;

const stateOf = ({ state, problem, outcome, progress }: Run): string => {
  if (state === 'failed') return paintOut('red', problem?.code ?? 'failed');
  return state === 'done' ? (outcome?.summary ?? 'done') : state === 'running' && progress ? `${progress.doing}: ${progress.done} ${progress.unit}` : state;
};

export const runsCommand: CommandFile = (program, context) => {
  const runs = program
    .command('runs')
    .description('what operators have had done, and what is being done: list, show, stop, resume')
    .addHelpText('after', examples('runs list', 'runs show ID --follow', 'runs stop ID', 'runs resume ID'));
  runs
    .command('list')
    .description('the newest first')
    .option('--operation <name>', 'of one operation only')
    .option('--state <state>', 'waiting, running, stopped, done or failed')
    .option(...limitOption(50))
    .option('--json', 'as JSON')
    .option(...dirOption)
    .action(async ({ operation, state, limit, json, ...options }: ListOptions) => {
      const asked = new URLSearchParams({ limit: String(limit), ...(operation && { operation }), ...(state && { state }) });
      const { runs: all } = await (await operationsClient(context, options)).get<{ runs: readonly Run[] }>(`/v1/runs?${asked}`);
      if (json) return context.terminal.out(`${JSON.stringify(all)}\n`);
      if (all.length === 0) return context.terminal.err('Nothing was asked for yet.\n');
      const head = ['ID', 'ASKED', 'WHO', 'OPERATION', '', 'STATE'].map((title) => paintOut('dim', title));
      context.terminal.out(`${columnsOf([head, ...all.map((run) => [run.id, run.askedAt.slice(0, 19), run.who, run.operation, run.apply ? 'apply' : 'dry run', stateOf(run)])])}\n`);
    });
  runs
    .command('show')
    .description('one run, and what it concerns')
    .argument('<id>', 'as `runs list` shows it')
    .option('--follow', 'until it ends')
    .option('--csv <file>', 'write what it concerns to a file, row by row')
    .option(...dirOption)
    .action(async (id: string, options: ShowOptions) => {
      const client = await operationsClient(context, options);
      const found = await client.get<Run>(`/v1/runs/${encodeURIComponent(id)}`);
      const run = options.follow ? await follow(context, client, found) : found;
      await report(context, client, run, { ...options, json: true });
    });
  for (const [act, says] of [['stop', 'end it where it stands'], ['resume', 'let a stopped or failed one go on']] as const)
    runs
      .command(act)
      .description(says)
      .argument('<id>', 'as `runs list` shows it')
      .option(...dirOption)
      .action(async (id: string, options: DirOption) => {
        const client = await operationsClient(context, options);
        const run = await client.post<Run>(`/v1/runs/${encodeURIComponent(id)}/${act}`);
        await report(context, client, await follow(context, client, run), {});
        if (act === 'stop') process.exitCode = 0;
      });
};
