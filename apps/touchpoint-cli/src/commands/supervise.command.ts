import { about, dirOption, type CommandFile } from '../command.ts';
import type { UpOptions } from './up.command.ts';

/** What `up --detach` starts: not for people. It speaks with its starter over the channel until the system is ready. */
export const superviseCommand: CommandFile = (program, context) => {
  program
    .command('supervise', { hidden: true })
    .option(...dirOption)
    .requiredOption('--replicas <json>', '', (text) => JSON.parse(text) as Readonly<Record<string, number>>)
    .option('--only <apps>', '', (text) => text.split(','))
    .action(async (options: UpOptions) => {
      const { supervise } = await import('../up/supervise.ts');
      process.exitCode = await supervise(options, about(context, options).places);
    });
};
