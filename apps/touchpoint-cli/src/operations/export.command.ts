import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { about, dirOption, examples, type CommandFile, type Context, type DirOption } from '../command.ts';
import { CliError, EXIT } from '../system/cli-error.ts';
import { readControl } from '../system/control-client.ts';
import { readOwnKeys } from '../system/first-keys.ts';
import type { SystemView } from '../system/system.ts';

type ExportOptions = DirOption & Readonly<{ out?: string }>;

const target = async (context: Context, options: DirOption): Promise<Readonly<{ url: string; key: string }>> => {
  const { config, places } = about(context, options);
  if (config.QUERY_URL !== undefined) {
    if (config.QUERY_KEY === undefined) throw new CliError('EXPORT.NO_KEY', `A key for ${config.QUERY_URL} is needed: set QUERY_KEY to one with the scope customers:export`, { exitCode: EXIT.usage });
    return { url: config.QUERY_URL, key: config.QUERY_KEY };
  }
  const found = (await readControl<SystemView>(places.dir))?.processes.find(({ app, state }) => app === 'query-api' && state === 'ready');
  if (!found) throw new CliError('CLI.NOT_RUNNING', `No query-api runs in ${places.dir}: start the system with npx touchpoint up, or set QUERY_URL and QUERY_KEY`, { exitCode: EXIT.notRunning });
  const key = config.QUERY_KEY ?? (await readOwnKeys(places))?.operate;
  if (key === undefined) throw new CliError('EXPORT.NO_KEY', `There is no key in ${places.keys}: run npx touchpoint up, or set QUERY_KEY`);
  return { url: found.url, key };
};

const refusals: Readonly<Record<number, string>> = {
  400: 'A customer is named by its id, a UUID', 401: 'The key is not known: it may have been revoked, or belong to another system',
  403: 'The key may not do this: use one with the scope customers:export (npx touchpoint keys create NAME --scope customers:export)', 404: 'There is no such customer', 429: 'Two exports run already: try again in a moment',
};

/** What the last piece of an export says; one that was cut off does not. */
const WHOLE = '"complete":true}';

export const exportCommand: CommandFile = (program, context) => {
  program
    .command('export')
    .description('all that is stored about a person, as JSON, with personal values in clear')
    .argument('<customer>', 'the id of the customer')
    .option('--out <file>', 'write it to a file, readable by its owner only')
    .option(...dirOption)
    .addHelpText('after', examples('export CUSTOMER --out person.json', 'export CUSTOMER | jq .timeline'))
    .action(async (customer: string, { out, ...options }: ExportOptions) => {
      const { url, key } = await target(context, options);
      const answer = await fetch(new URL(`/v1/customers/${encodeURIComponent(customer)}/export`, url), { redirect: 'manual', headers: { authorization: `Bearer ${key}` } }).catch((cause: unknown) => {
        throw new CliError('EXPORT.UNREACHABLE', `${url} does not answer: see npx touchpoint status`, { cause });
      });
      if (!answer.ok || !answer.body) throw new CliError('EXPORT.REFUSED', refusals[answer.status] ?? `${url} answers ${answer.status}`, { exitCode: answer.status === 400 ? EXIT.usage : EXIT.failed });
      let end = '';
      const read = async function* (body: AsyncIterable<Uint8Array>) {
        for await (const piece of body) {
          end = (end + Buffer.from(piece).toString('latin1')).slice(-WHOLE.length - 2);
          yield piece;
        }
      };
      const body = Readable.fromWeb(answer.body as never);
      const decoder = new TextDecoder();
      if (out === undefined) for await (const piece of read(body)) context.terminal.out(decoder.decode(piece, { stream: true }));
      else await pipeline(body, read, createWriteStream(out, { mode: 0o600 }));
      if (!end.trimEnd().endsWith(WHOLE)) throw new CliError('EXPORT.CUT_OFF', 'The export was cut off: ask again');
      if (out !== undefined) context.terminal.err(`${out}\n`);
    });
};
