import { InvalidArgumentError, type Command } from 'commander';
import { SCOPES, type ApiKeys, type Scope } from '@touchpoint/host/access';
import { dirOption, examples, type CommandFile, type Context, type DirOption } from '../command.ts';
import { CliError } from '../system/cli-error.ts';
import { locate, needed } from '../system/locate.ts';
import { columnsOf, paintOut } from '../view/terminal.ts';

type CreateOptions = DirOption & Readonly<{ scope: readonly Scope[]; maxEventBytes?: number; maxBatchBytes?: number; json?: boolean }>;

const scopeOption = (text: string, before: readonly Scope[] = []): readonly Scope[] => {
  const scopes = text.split(',').map((part) => part.trim() as Scope);
  const wrong = scopes.find((scope) => !SCOPES.includes(scope));
  if (wrong !== undefined) throw new InvalidArgumentError(`there is no scope ${wrong}; scopes are ${SCOPES.join(', ')}`);
  return [...before, ...scopes];
};
const bytes = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value <= 0) throw new InvalidArgumentError('expected a number of bytes');
  return value;
};

const withKeys = async <T>(context: Context, options: DirOption, work: (keys: ApiKeys) => Promise<T>): Promise<T> => {
  const databaseUrl = needed(await locate(context, options), 'databaseUrl');
  const [{ tableApiKeys }, { withPool }] = await Promise.all([import('@touchpoint/host/access'), import('../system/set-up.ts')]);
  return withPool(databaseUrl, (pool) => work(tableApiKeys(pool, { now: () => Date.now() })));
};

const list = (keys: Command, context: Context): void => {
  keys.command('list').description('the keys there are; never the keys themselves').option('--json', 'as JSON').option(...dirOption).action(async (options: DirOption & { json?: boolean }) => {
    const all = await withKeys(context, options, (access) => access.list());
    if (options.json) return context.terminal.out(`${JSON.stringify(all.map((key) => ({ ...key, createdAt: new Date(key.createdAt).toISOString(), revokedAt: key.revokedAt === null ? null : new Date(key.revokedAt).toISOString() })))}\n`);
    const head = ['ID', 'NAME', 'SCOPES', 'MADE', ''].map((title) => paintOut('dim', title));
    const rows = all.map(({ id, name, scopes, createdAt, revokedAt }) => [id, name, scopes.join(' '), new Date(createdAt).toISOString().slice(0, 10), revokedAt === null ? '' : paintOut('red', `revoked ${new Date(revokedAt).toISOString().slice(0, 10)}`)]);
    context.terminal.out(`${columnsOf([head, ...rows])}\n`);
  });
};

const create = (keys: Command, context: Context): void => {
  keys
    .command('create')
    .description('make a key and show it, this once')
    .argument('<name>', 'whose it is: the publisher of what it writes')
    .requiredOption('--scope <scope>', `what it may do, several with commas: ${SCOPES.join(', ')}`, scopeOption)
    .option('--max-event-bytes <bytes>', 'how large an event of it may be, instead of the API\'s own limit', bytes)
    .option('--max-batch-bytes <bytes>', 'how large a batch of it may be', bytes)
    .option('--json', 'as JSON')
    .option(...dirOption)
    .addHelpText('after', examples('keys create shop --scope events:write', 'keys create dashboard --scope customers:read,messages:read'))
    .action(async (name: string, options: CreateOptions) => {
      const { maxEventBytes = null, maxBatchBytes = null, scope } = options;
      const made = await withKeys(context, options, (access) => access.create({ name, scopes: scope, limits: { maxEventBytes, maxBatchBytes } }));
      if (options.json) return context.terminal.out(`${JSON.stringify({ key: made.key, id: made.apiKey.id, name, scopes: made.apiKey.scopes })}\n`);
      context.terminal.out(`${made.key}\n`);
      context.terminal.err('Shown this once: only its hash is kept.\n');
    });
};

const revoke = (keys: Command, context: Context): void => {
  keys.command('revoke').description('let a key in no more, from 30 seconds on').argument('<id>', 'as `keys list` shows it').option(...dirOption).action(async (id: string, options: DirOption) => {
    if (!(await withKeys(context, options, (access) => access.revoke(id)))) throw new CliError('CLI.NO_KEY', `There is no key ${id} that is not revoked: see npx touchpoint keys list`);
    context.terminal.err(`Revoked ${id}; within 30 seconds no app lets it in.\n`);
  });
};

export const keysCommand: CommandFile = (program, context) => {
  const keys = program.command('keys').description('API keys: list, create, revoke').addHelpText('after', examples('keys list', 'keys create shop --scope events:write', 'keys revoke 0123456789abcdef'));
  list(keys, context);
  create(keys, context);
  revoke(keys, context);
};
