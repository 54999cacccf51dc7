import { about, dirOption, examples, type CommandFile, type DirOption } from '../command.ts';
import { locate, needed } from '../system/locate.ts';

export const prepareCommand: CommandFile = (program, context) => {
  program
    .command('prepare')
    .description('bring Kafka, registry and Postgres to what this version needs: topics, schemas, tables; before its apps start')
    .option(...dirOption)
    .addHelpText('after', `
For a system whose apps somebody else starts (deploy/k8s, deploy/compose). What is there is not changed; again does nothing.
${examples('prepare')}`)
    .action(async (options: DirOption) => {
      const located = await locate(context, options);
      const { config, places } = about(context, options);
      const connections = { kafkaBrokers: needed(located, 'kafkaBrokers'), schemaRegistryUrl: needed(located, 'schemaRegistryUrl'), databaseUrl: needed(located, 'databaseUrl') };
      const { prepare } = await import('../system/prepare.ts');
      await prepare({ connections, topicPrefix: located.topicPrefix, config, places, say: (text) => context.terminal.err(`${text}\n`) });
    });
};
