import { userInfo } from 'node:os';
import { dirOption, examples, type CommandFile, type DirOption } from '../command.ts';
import { locate, needed } from '../system/locate.ts';

type ApplyOptions = DirOption & Readonly<{ note?: string; from?: string }>;

export const journeysCommand: CommandFile = (program, context) => {
  const journeys = program.command('journeys').description('journeys, segments and templates: check, apply').addHelpText('after', examples('journeys check', 'journeys apply', 'journeys apply --note "reactivation after 60 days"'));
  journeys
    .command('check')
    .description('check everything under journeys/, segments/ and templates/; nothing is published')
    .option('--from <folder>', 'the folder that holds journeys/, segments/ and templates/ (the repository unless told)')
    .action(async ({ from }: ApplyOptions) => {
      const { countsOf, readPublication } = await import('../journeys/published-files.ts');
      context.terminal.out(`${countsOf(await readPublication(from))}: all fine.\n`);
    });
  journeys
    .command('apply')
    .description('check them and publish them onto the timeline, where they take effect; the same content again publishes nothing')
    .option('--from <folder>', 'the folder that holds journeys/, segments/ and templates/ (the repository unless told)')
    .option('--note <text>', 'what is new, for those who read it later')
    .option(...dirOption)
    .action(async (options: ApplyOptions) => {
      const located = await locate(context, options);
      const { applyJourneys } = await import('../journeys/apply.ts');
      const connections = { databaseUrl: needed(located, 'databaseUrl'), kafkaBrokers: needed(located, 'kafkaBrokers'), schemaRegistryUrl: needed(located, 'schemaRegistryUrl') };
      context.terminal.out(`${await applyJourneys({ ...connections, topicPrefix: located.topicPrefix }, { by: userInfo().username, note: options.note ?? null, ...(options.from && { from: options.from }) })}\n`);
    });
};
