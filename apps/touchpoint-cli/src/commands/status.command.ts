import { InvalidArgumentError } from 'commander';
import { about, dirOption, dirSuffix, examples, type CommandFile, type Context, type DirOption } from '../command.ts';
import { CliError, EXIT } from '../system/cli-error.ts';
import { readControl } from '../system/control-client.ts';
import { untilIdle } from '../system/idle.ts';
import { lastLines } from '../system/log-files.ts';
import { logFile, type Places } from '../system/places.ts';
import { SYSTEM_LOG } from '../system/system-log.ts';
import type { SystemView } from '../system/system.ts';
import { readStatus } from '../system/read-status.ts';
import { progressBoard } from '../view/progress-board.ts';
import { statusText } from '../view/status.ts';
import { paint, paintOut } from '../view/terminal.ts';

type StatusOptions = DirOption & Readonly<{ wait?: boolean; limit: number; json?: boolean }>;

const seconds = (text: string): number => {
  const value = Number(text);
  if (!(value > 0 && value <= 86_400)) throw new InvalidArgumentError('expected seconds, up to 86400');
  return value;
};

/** The errors that the supervisor logged since the last start, where it did not end as it was asked to. */
const howItEnded = async (places: Places): Promise<readonly string[]> => {
  const lines = await lastLines(logFile(places, SYSTEM_LOG), 100);
  const begin = lines.findLastIndex((line) => line.includes('"msg":"the system starts"'));
  const errors = lines.slice(Math.max(begin, 0)).filter((line) => line.includes('"level":"error"'));
  return errors.some((line) => /a part of the stack died|could not be started/.test(line)) ? errors.slice(-3) : [];
};

const running = async (places: Places, options: StatusOptions): Promise<SystemView> => {
  const view = await readControl<SystemView>(places.dir);
  if (view) return view;
  const detail = await howItEnded(places);
  throw new CliError('CLI.NOT_RUNNING', `No system runs in ${places.dir}: start it with npx touchpoint up${dirSuffix(options)}`, { exitCode: EXIT.notRunning, detail });
};

/** Waits until the system is up, every app ready, and nothing left to do. */
const wait = async (context: Context, places: Places, options: StatusOptions): Promise<void> => {
  const board = progressBoard(context.terminal, paint);
  const deadline = Date.now() + options.limit * 1000;
  const say = (text: string): void => board.tell({ part: 'waiting', state: 'busy', text });
  try {
    for (let view = await running(places, options); !view.ready; view = await running(places, options)) {
      if (Date.now() > deadline) throw new CliError('SYSTEM.NOT_UP', `The system is not up after ${options.limit} s: see npx touchpoint logs`);
      say('the system still starts');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await untilIdle(() => running(places, options), Math.max(1_000, deadline - Date.now()), say);
    board.tell({ part: 'waiting', state: 'done', text: 'all ready, nothing left to do' });
  } finally {
    board.end();
  }
};

export const statusCommand: CommandFile = (program, context) => {
  program
    .command('status')
    .description('what runs, and how far behind it is')
    .option('--wait', 'until everything is ready and has nothing left to read, decide or send')
    .option('--limit <seconds>', 'how long to wait', seconds, 600)
    .option('--json', 'as JSON')
    .option(...dirOption)
    .addHelpText('after', `\nExit code 0 when everything is ready, 1 when something is not, 3 when nothing runs there.\n${examples('status', 'status --wait --limit 60', 'status --json')}`)
    .action(async (options: StatusOptions) => {
      const { places } = about(context, options);
      if (options.wait) await wait(context, places, options);
      const status = await readStatus(await running(places, options), context.env);
      context.terminal.out(options.json ? `${JSON.stringify(status)}\n` : statusText(status, Date.now(), paintOut));
      if (!status.ready) process.exitCode = EXIT.failed;
    });
};
