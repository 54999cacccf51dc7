import { InvalidArgumentError } from 'commander';
import { dirOption, examples, type CommandFile, type DirOption } from '../command.ts';
import { operationsClient } from '../operations/operations-client.ts';
import { locate, needed } from '../system/locate.ts';
import { columnsOf, paintOut } from '../view/terminal.ts';

type TopicsOptions = DirOption & Readonly<{ create?: boolean; partitions?: number; json?: boolean }>;
type Topic = Readonly<{ name: string; partitions: number; records: number; oldest: string | null; retention: string; key: string; why: string }>;

const partitions = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1_000) throw new InvalidArgumentError('expected a whole number up to 1000');
  return value;
};

export const topicsCommand: CommandFile = (program, context) => {
  program
    .command('topics')
    .description('the topics that deploy/topics.yaml declares, and what they hold; or create them')
    .option('--create', 'create those that are missing, before anything else runs; one that is there is never changed')
    .option('--partitions <count>', 'so many partitions for each, instead of what is declared; chosen once', partitions)
    .option('--json', 'as JSON, partition by partition')
    .option(...dirOption)
    .addHelpText('after', examples('topics', 'topics --create'))
    .action(async ({ create, partitions: count, json, ...options }: TopicsOptions) => {
      if (create) {
        // The apps, operations-api among them, need the topics to start: here the broker itself is asked.
        const located = await locate(context, options);
        const [{ createTopics }, { kafkaFor }] = await Promise.all([import('@touchpoint/log'), import('../system/set-up.ts')]);
        const made = await createTopics(kafkaFor({ kafkaBrokers: needed(located, 'kafkaBrokers') }), located.topicPrefix, count === undefined ? {} : { partitions: count });
        return context.terminal.err(made.length > 0 ? `Created ${made.join(', ')}.\n` : 'All topics are there.\n');
      }
      const { topics } = await (await operationsClient(context, options)).get<{ topics: readonly Topic[] }>('/v1/topics');
      if (json) return context.terminal.out(`${JSON.stringify(topics)}\n`);
      const head = ['TOPIC', 'PARTITIONS', 'RETENTION', 'RECORDS', 'OLDEST', 'KEY', 'WHY'].map((title) => paintOut('dim', title));
      context.terminal.out(`${columnsOf([head, ...topics.map(({ name, partitions: found, retention, records, oldest, key, why }) => [name, String(found), retention, records.toLocaleString('en'), oldest?.slice(0, 19) ?? '', key, paintOut('dim', why)])])}\n`);
    });
};
