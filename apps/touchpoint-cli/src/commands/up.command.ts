import { InvalidArgumentError } from 'commander';
import { about, dirOption, examples, type CommandFile, type DirOption } from '../command.ts';
import { presentApps } from '../system/apps.ts';
import { CliError, EXIT } from '../system/cli-error.ts';

export type UpOptions = DirOption & Readonly<{ detach?: boolean; watch?: boolean; two?: boolean; only?: readonly string[]; replicas?: Readonly<Record<string, number>>; json?: boolean }>;

const replicasOption = (text: string, before: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> => {
  const match = /^([a-z-]+)=(\d+)$/.exec(text);
  if (!match) throw new InvalidArgumentError('expected app=number, such as identity-resolver=2');
  return { ...before, [match[1]!]: Number(match[2]) };
};

/** Two of each worker, unless told otherwise for one of them. */
export const replicasOf = ({ two, replicas = {} }: UpOptions): Readonly<Record<string, number>> => ({
  ...(two ? Object.fromEntries(presentApps().filter(({ kind }) => kind === 'worker').map(({ name }) => [name, 2])) : {}),
  ...replicas,
});

export const upCommand: CommandFile = (program, context) => {
  program
    .command('up')
    .description('start everything: Kafka, the schema registry, Postgres, and every app')
    .option('-d, --detach', 'leave it running; npx touchpoint down stops it')
    .option('-w, --watch', 'bundle an app again and restart it when its source changes')
    .option('--two', 'two processes of each worker')
    .option('--replicas <app=n>', 'so many processes of an app; may be given several times', replicasOption)
    .option('--only <apps>', 'these apps only, with commas between them', (text: string) => text.split(','))
    .option(...dirOption)
    .option('--json', 'print what runs, and new keys, as JSON')
    .addHelpText('after', `
What is missing is started, what runs is used: parts named by KAFKA_BROKERS, SCHEMA_REGISTRY_URL and DATABASE_URL, and those that
still run in the folder. Data, keys and secrets in the folder are kept from one start to the next. Ctrl-C stops what this started.
${examples('up', 'up --detach && npx touchpoint status --wait', 'up --two', 'up --replicas profile-projector=3', 'up --dir /tmp/another')}`)
    .action(async (options: UpOptions) => {
      if (options.detach && options.watch) throw new CliError('CLI.USAGE', 'A detached system cannot watch: leave out --detach or --watch', { exitCode: EXIT.usage });
      const { places } = about(context, options);
      const { adopt, runDetached, runHere } = await import('../up/run.ts');
      if (await adopt(context, options, places)) return;
      process.exitCode = await (options.detach ? runDetached : runHere)(context, options, places);
    });
};
