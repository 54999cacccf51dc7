import { InvalidArgumentError } from 'commander';
import { dirOption, examples, type CommandFile, type DirOption } from '../command.ts';
import { EXIT } from '../system/cli-error.ts';
import { locate, needed } from '../system/locate.ts';
import { columnsOf, paintOut } from '../view/terminal.ts';

type TopicsOptions = DirOption & Readonly<{ create?: boolean; partitions?: number; json?: boolean }>;

const partitions = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000) throw new InvalidArgumentError('expected a whole number up to 1000');
  return value;
};

export const topicsCommand: CommandFile = (program, context) => {
  program
    .command('topics')
    .description('the topics that deploy/topics.yaml declares, and whether the broker has them')
    .option('--create', 'create those that are missing; one that is there is never changed')
    .option('--partitions <count>', 'so many partitions for each, instead of what is declared; chosen once', partitions)
    .option('--json', 'as JSON')
    .option(...dirOption)
    .addHelpText('after', examples('topics', 'topics --create'))
    .action(async (options: TopicsOptions) => {
      const located = await locate(context, options);
      const connections = { kafkaBrokers: needed(located, 'kafkaBrokers') };
      const { listTopics } = await import('../system/topic-list.ts');
      const { createTopics } = await import('@touchpoint/log');
      const { kafkaFor } = await import('../system/set-up.ts');
      if (options.create) {
        const made = await createTopics(kafkaFor(connections), located.topicPrefix, options.partitions === undefined ? {} : { partitions: options.partitions });
        context.terminal.err(made.length > 0 ? `Created ${made.join(', ')}.\n` : 'All topics are there.\n');
      }
      const topics = await listTopics(connections, located.topicPrefix);
      if (options.json) context.terminal.out(`${JSON.stringify(topics)}\n`);
      else {
        const head = ['TOPIC', 'PARTITIONS', 'RETENTION', 'RECORDS', 'KEY', 'WHY'].map((title) => paintOut('dim', title));
        const rows = topics.map(({ name, partitions: found, retention, records, key, why }) => [name, found === null ? paintOut('red', 'missing') : String(found), retention, records === null ? '' : records.toLocaleString('en'), key, paintOut('dim', why)]);
        context.terminal.out(`${columnsOf([head, ...rows])}\n`);
      }
      if (topics.some(({ partitions: found }) => found === null)) {
        context.terminal.err('Create what is missing with: npx touchpoint topics --create\n');
        process.exitCode = EXIT.failed;
      }
    });
};
