import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { dirOption, type Context, type DirOption } from '../command.ts';
import { CliError, EXIT } from '../system/cli-error.ts';
import { progressBoard } from '../view/progress-board.ts';
import { duration, paint } from '../view/terminal.ts';
import { csvOf } from './csv.ts';
import { operationsClient, type OperationsClient, type Run } from './operations-client.ts';

export type OperationOptions = DirOption & Readonly<{ apply?: boolean; why?: string; csv?: string; json?: boolean }>;

/** The options that every command has which has something done. */
export const operationOptions = (command: Command): Command =>
  command
    .option('--apply', 'do it; without this, it is said what would be done')
    .option('--why <reason>', 'why, for the audit log; needed with --apply')
    .option('--csv <file>', 'write what it concerns to a file, row by row')
    .option('--json', 'the run as JSON')
    .option(...dirOption);

const POLL_MS = 300;

const progressText = ({ state, progress }: Run): string => {
  if (!progress) return state === 'waiting' ? 'waits for its turn' : 'begins';
  const { doing, unit, done, total, perSecond, secondsLeft } = progress;
  const of = total === undefined ? '' : ` of ${total.toLocaleString('en')}`;
  return [`${doing}: ${done.toLocaleString('en')}${of} ${unit}`, perSecond !== null && `${Math.round(perSecond).toLocaleString('en')}/s`, secondsLeft !== null && `${duration(secondsLeft)} left`].filter(Boolean).join(', ');
};

/** Shows a run until it ends. Ctrl-C stops looking, not the run. */
export const follow = async (context: Context, client: OperationsClient, first: Run): Promise<Run> => {
  const board = progressBoard(context.terminal, paint);
  const away = new AbortController();
  const onSignal = (): void => away.abort();
  process.once('SIGINT', onSignal);
  let run = first;
  try {
    while (run.state === 'waiting' || run.state === 'running') {
      board.tell({ part: run.operation, state: 'busy', text: progressText(run) });
      await sleep(POLL_MS, undefined, { signal: away.signal });
      run = await client.get<Run>(`/v1/runs/${run.id}`);
    }
    const text = run.state === 'failed' ? `${run.problem?.message ?? 'no reason'} (${run.problem?.code ?? ''})` : run.state === 'stopped' ? 'stopped' : (run.outcome?.summary ?? '');
    board.tell({ part: run.operation, state: run.state === 'done' ? 'done' : 'failed', text });
    return run;
  } catch (error) {
    if (!away.signal.aborted) throw error;
    board.say(`It goes on without you. Look again: npx touchpoint runs show ${run.id} --follow, stop it: npx touchpoint runs stop ${run.id}`);
    process.exitCode = EXIT.interrupted;
    return run;
  } finally {
    process.off('SIGINT', onSignal);
    board.end();
  }
};

/** Tells how a run ended; writes its rows where they are wanted. */
export const report = async (context: Context, client: OperationsClient, run: Run, { csv, json }: OperationOptions): Promise<void> => {
  const { terminal } = context;
  if (csv !== undefined && run.rows > 0) {
    await pipeline(csvOf(client.rows(run.id)), createWriteStream(csv));
    terminal.err(`${run.rows.toLocaleString('en')} rows: ${csv}\n`);
  }
  if (json) terminal.out(`${JSON.stringify(run)}\n`);
  if (run.state === 'stopped') terminal.err(`Let it go on with: npx touchpoint runs resume ${run.id}\n`);
  if (run.state === 'failed') terminal.err(`Once that is mended, let it go on with: npx touchpoint runs resume ${run.id}\n`);
  if (run.state === 'done' && !run.apply) terminal.err('Nothing was changed. Do it with --apply --why REASON.\n');
  if (run.state === 'failed' || run.state === 'stopped') process.exitCode = EXIT.failed;
};

/** Has an operation done by operations-api, and shows how far it is. @returns the run as it ended. */
export const runOperation = async (context: Context, options: OperationOptions, operation: string, args: object): Promise<Run> => {
  const { apply = false, why = '' } = options;
  if (apply && why.trim() === '') throw new CliError('CLI.USAGE', 'Say why, for the audit log: --why REASON', { exitCode: EXIT.usage });
  const client = await operationsClient(context, options);
  const asked = await client.post<Run>('/v1/runs', { id: randomUUID(), operation, arguments: args, apply, why });
  const run = await follow(context, client, asked);
  await report(context, client, run, options);
  return run;
};
