import { InvalidArgumentError } from 'commander';
import { about, dirOption, examples, type CommandFile, type Context, type DirOption } from '../command.ts';
import { CliError, EXIT } from '../system/cli-error.ts';
import { readControl, startAgain } from '../system/control-client.ts';
import { readOwnKeys, type KeyTexts } from '../system/first-keys.ts';
import type { SystemView } from '../system/system.ts';
import { progressBoard } from '../view/progress-board.ts';
import { paint, paintOut } from '../view/terminal.ts';

type ProveOptions = DirOption & Readonly<{ seconds: number; fresh?: boolean; json?: boolean }>;

const seconds = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 5 || value > 3_600) throw new InvalidArgumentError('expected a whole number of seconds, 5 to 3600');
  return value;
};

type Subject = Readonly<{ look: () => Promise<SystemView | undefined>; startAgain: () => Promise<unknown>; keys: KeyTexts; end: () => Promise<void> }>;

const theRunning = async (context: Context, options: DirOption): Promise<Subject> => {
  const { places } = about(context, options);
  if (!(await readControl<SystemView>(places.dir))?.connections) throw new CliError('CLI.NOT_RUNNING', `No system runs in ${places.dir}: start one with npx touchpoint up --two, or prove it on one of its own with --fresh`, { exitCode: EXIT.notRunning });
  const keys = await readOwnKeys(places);
  if (!keys) throw new CliError('PROVE.NO_KEYS', `There are no keys in ${places.keys}: run npx touchpoint up`);
  return { look: () => readControl<SystemView>(places.dir), startAgain: () => startAgain(places.dir, () => undefined), keys, end: () => Promise.resolve() };
};

/** Two processes of each worker in a temporary folder, with a stack of its own; all of it goes at the end. */
const aFreshOne = async ({ terminal, env }: Context): Promise<Subject> => {
  const [{ mkdtemp, rm }, { tmpdir }, { join }, { startSystem }, { presentApps }, { afterReady }] = await Promise.all([
    import('node:fs/promises'), import('node:os'), import('node:path'), import('../system/start-system.ts'), import('../system/apps.ts'), import('../after-ready.ts')]);
  const dir = await mkdtemp(join(tmpdir(), 'touchpoint-prove-'));
  const board = progressBoard(terminal, paint);
  const replicas = Object.fromEntries(presentApps().filter(({ kind }) => kind === 'worker').map(({ name }) => [name, 2]));
  const system = await startSystem({ dir, env, replicas, afterReady, restarts: { atMost: 10_000, maxDelayMs: 500 }, onProgress: board.tell }).finally(board.end);
  return {
    look: () => Promise.resolve(system.view()), startAgain: () => system.startMissing(), keys: system.keys,
    end: async () => {
      await system.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
};

export const proveCommand: CommandFile = (program, context) => {
  program
    .command('prove')
    .description('load for a minute while you kill what you like, and then the proof that nothing was lost and nothing doubled')
    .option('--seconds <count>', 'how long', seconds, 60)
    .option('--fresh', 'on a system of its own, in a temporary folder, instead of the one that runs')
    .option('--json', 'what was compared, as JSON')
    .option(...dirOption)
    .addHelpText('after', `\nExit code 0 for "0 lost, 0 doubled", 1 otherwise.\n${examples('prove', 'prove --fresh', 'prove --seconds 300')}`)
    .action(async ({ seconds: long, fresh, json, ...options }: ProveOptions) => {
      const { terminal } = context;
      const [{ prove }, { invitation, verdict }] = await Promise.all([import('../prove/prove.ts'), import('../prove/report.ts')]);
      const subject = await (fresh ? aFreshOne(context) : theRunning(context, options));
      try {
        const say = (text: string): void => terminal.err(`${text}\n`);
        const proved = await prove({ ...subject, seconds: long, seed: 1 + (Date.now() % 1_000_000_000), begins: (view) => say(invitation(view, long, paint)), say });
        terminal.out(json ? `${JSON.stringify(proved)}\n` : verdict(proved, paintOut));
        if (proved.lost + proved.doubled + proved.problems.length > 0) process.exitCode = EXIT.failed;
      } finally {
        await subject.end();
      }
    });
};
