import { InvalidArgumentError } from 'commander';
import { about, dirOption, examples, type CommandFile, type DirOption } from '../command.ts';
import type { LogsOptions } from '../logs/read-logs.ts';

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 100_000) throw new InvalidArgumentError('expected a whole number up to 100000');
  return value;
};

export const logsCommand: CommandFile = (program, context) => {
  program
    .command('logs')
    .description('what the apps log, a line each, in order of time')
    .argument('[name...]', 'processes or parts, such as identity-resolver, identity-resolver-2, kafka, system; all apps unless told')
    .option('-f, --follow', 'go on as lines are written')
    .option('-n, --lines <count>', 'so many of the last lines', count, 50)
    .option('--json', 'the lines as they are')
    .option(...dirOption)
    .addHelpText('after', examples('logs', 'logs identity-resolver --follow', 'logs kafka -n 200', 'logs --json | jq .msg'))
    .action(async (names: readonly string[], options: LogsOptions & DirOption) => {
      const { places } = about(context, options);
      const { showLogs } = await import('../logs/read-logs.ts');
      await showLogs(places, names, options, context.terminal);
    });
};
