import { dirOption, examples, type CommandFile, type DirOption } from '../command.ts';
import { locate, needed } from '../system/locate.ts';

export const schemasCommand: CommandFile = (program, context) => {
  const schemas = program.command('schemas').description('the schema registry: list, register').addHelpText('after', examples('schemas list', 'schemas register'));
  schemas
    .command('list')
    .description('the subjects that are registered for this system')
    .option('--json', 'as JSON')
    .option(...dirOption)
    .action(async (options: DirOption & { json?: boolean }) => {
      const located = await locate(context, options);
      const { listSubjects } = await import('../system/subjects.ts');
      const subjects = await listSubjects(needed(located, 'schemaRegistryUrl'), located.topicPrefix);
      context.terminal.out(options.json ? `${JSON.stringify(subjects)}\n` : subjects.map((subject) => `${subject}\n`).join(''));
      if (subjects.length === 0) context.terminal.err('None yet. Register all with: npx touchpoint schemas register\n');
    });
  schemas
    .command('register')
    .description('register every message of schemas/ under every subject it may have; again changes nothing')
    .option(...dirOption)
    .action(async (options: DirOption) => {
      const located = await locate(context, options);
      const { registerAll } = await import('../system/subjects.ts');
      const count = await registerAll(needed(located, 'schemaRegistryUrl'), located.topicPrefix);
      context.terminal.err(`${count} subjects are registered.\n`);
    });
};
