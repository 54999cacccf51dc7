import { dirOption, examples, type CommandFile, type DirOption } from '../command.ts';
import { CliError, EXIT } from '../system/cli-error.ts';
import { columnsOf, paintOut } from '../view/terminal.ts';
import { operationsClient, type OperationsClient } from './operations-client.ts';
import { operationOptions, runOperation, type OperationOptions } from './run-operation.ts';

type Identity = Readonly<{
  customerId: string;
  members: readonly Readonly<{ customerId: string; createdAt: string; absorbedBy: string | null; hasUser: boolean; splitOff: boolean }>[];
  sources: readonly Readonly<{ kind: string; key: string; customerId: string; since: string; by: string }>[];
  history: readonly Readonly<{ at: string; type: string; customerId: string; position: Readonly<{ partition: number; offset: number }>; publisher: string | null; data: Readonly<Record<string, unknown>> }>[];
}>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A customer as somebody types it: its id, or `kind:value`, which is asked for and kept nowhere. */
const customerOf = async (client: OperationsClient, text: string): Promise<string> => {
  if (UUID.test(text)) return text.toLowerCase();
  const [kind, value] = [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)];
  if (!text.includes(':') || value === '') throw new CliError('CLI.USAGE', 'A customer is named by its id, or by a source such as user:42', { exitCode: EXIT.usage });
  return (await client.post<{ customerId: string }>('/v1/identity/find', { kind, value })).customerId;
};

const heading = (text: string) => `\n${paintOut('bold', text)}\n`;
const dim = (...titles: readonly string[]) => titles.map((title) => paintOut('dim', title));
/** What a fact says beyond whom it is about. */
const told = (data: Readonly<Record<string, unknown>>): string => {
  const { linked, survivorId, absorbedId, memberId, requestedBy, reason } = data as { linked?: readonly { kind: string; key: string }[]; survivorId?: string; absorbedId?: string; memberId?: string; requestedBy?: string; reason?: string | null };
  return [
    linked?.map(({ kind, key }) => `${kind} ${key}`).join(', '), survivorId && `into ${survivorId}`, absorbedId && `took in ${absorbedId}`, memberId && `without ${memberId}`, requestedBy && `by ${requestedBy}`, reason && `(${reason})`,
  ].filter(Boolean).join(' ');
};

export const identityCommand: CommandFile = (program, context) => {
  const identity = program
    .command('identity')
    .description('who is one customer with whom, and how that came: show, link, split')
    .addHelpText('after', examples('identity show user:42', 'identity link user:42 user:ada --apply --why "one person, ticket 17"', 'identity split SURVIVOR MEMBER'));
  identity
    .command('show')
    .description('the customers that are one, their sources (by key), and how that came, with positions on the timeline')
    .argument('<customer>', 'its id, or a source such as user:42')
    .option('--json', 'as JSON')
    .option(...dirOption)
    .action(async (text: string, { json, ...options }: DirOption & Readonly<{ json?: boolean }>) => {
      const client = await operationsClient(context, options);
      const { customerId, members, sources, history } = await client.get<Identity>(`/v1/identity/${await customerOf(client, text)}`);
      if (json) return context.terminal.out(`${JSON.stringify({ customerId, members, sources, history })}\n`);
      context.terminal.out([
        `${paintOut('bold', customerId)}\n`,
        heading('Members'), columnsOf([dim('CUSTOMER', 'SINCE', 'ABSORBED BY', ''), ...members.map((one) => [one.customerId, one.createdAt.slice(0, 19), one.absorbedBy ?? '', one.splitOff ? 'was split off' : ''])]), '\n',
        heading('Sources'), columnsOf([dim('KIND', 'KEY', 'CUSTOMER', 'SINCE', 'BY'), ...sources.map(({ kind, key, customerId: of, since, by }) => [kind, key, of, since.slice(0, 19), by])]), '\n',
        heading('How that came'), columnsOf([dim('AT', 'ON', 'OF', 'WHAT', ''), ...history.map(({ at, position, customerId: of, type, data }) => [at.slice(0, 19), `${position.partition}@${position.offset}`, of, type, told(data)])]), '\n',
      ].join(''));
    });
  operationOptions(identity.command('link').description('make two customers one, as an alias does').argument('<a>', 'a customer id, or a source such as user:42').argument('<b>', 'the other'))
    .action(async (a: string, b: string, options: OperationOptions) => {
      const client = await operationsClient(context, options);
      await runOperation(context, options, 'identity-link', { a: await customerOf(client, a), b: await customerOf(client, b) });
    });
  operationOptions(identity.command('split').description('take a member out of a customer again, with its sources').argument('<survivor>', 'the customer, as `identity show` names it').argument('<member>', 'the one that is to stand alone'))
    .action(async (survivor: string, member: string, options: OperationOptions) => {
      if (![survivor, member].every((id) => UUID.test(id))) throw new CliError('CLI.USAGE', 'Name both by their ids: a source of the member leads to the survivor as long as they are one', { exitCode: EXIT.usage });
      await runOperation(context, options, 'identity-split', { survivor: survivor.toLowerCase(), member: member.toLowerCase() });
    });
};
