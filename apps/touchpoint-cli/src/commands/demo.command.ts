import { InvalidArgumentError } from 'commander';
import { dirOption, examples, type CommandFile, type DirOption } from '../command.ts';

export type DemoOptions = DirOption & Readonly<{ seed: number; customers: number }>;

const whole = (most: number) => (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most) throw new InvalidArgumentError(`expected a whole number from 1 to ${most}`);
  return value;
};

export const demoCommand: CommandFile = (program, context) => {
  program
    .command('demo')
    .description('play a synthetic shop against the running system, and show what came of it')
    .option('--seed <number>', 'another number plays another shop', whole(1_000_000), 1)
    .option('--customers <count>', 'how many customers', whole(20_000), 40)
    .option(...dirOption)
    .addHelpText('after', `\nVisitors become customers, look around in the app, order, send back, open mails; the shop and its customers do not exist.\n${examples('demo', 'demo --customers 500 --seed 7')}`)
    .action(async (options: DemoOptions) => {
      const { playDemo } = await import('../demo/play.ts');
      await playDemo(context, options);
    });
};
