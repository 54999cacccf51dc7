import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { dirOption, examples, type CommandFile } from '../command.ts';
import { CliError, EXIT } from '../system/cli-error.ts';
import { operationsClient, type Run } from './operations-client.ts';
import { follow, report, type OperationOptions } from './run-operation.ts';

/** Of how many it is shown who they are. */
const SHOWN = 10;

const documentIn = async (file: string): Promise<object> => {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as object;
  } catch (error) {
    throw new CliError('SEGMENTS.UNREADABLE', `${file} cannot be read as JSON (${error instanceof Error ? error.message : 'unknown'}): give the file of a segment, such as segments/${basename(file)}`, { exitCode: EXIT.usage });
  }
};

export const segmentsCommand: CommandFile = (program, context) => {
  program
    .command('segments')
    .description('who is in segments')
    .command('preview')
    .description('who would be in a segment, before it is published: how many, and some of them')
    .argument('<file>', 'the segment, as it is to stand in segments/')
    .option('--at <instant>', 'as of then (2026-11-22T10:00:00Z), by what is known now')
    .option('--csv <file>', 'write who they are to a file')
    .option('--json', 'the run as JSON')
    .option(...dirOption)
    .addHelpText('after', examples('segments preview segments/high-value.json', 'segments preview segments/high-value.json --csv members.csv'))
    .action(async (file: string, { at, ...options }: OperationOptions & { at?: string }) => {
      const client = await operationsClient(context, options);
      const asked = await client.post<Run>('/v1/runs', { id: randomUUID(), operation: 'segment-preview', arguments: { segment: await documentIn(file), ...(at !== undefined && { at }) }, apply: false, why: '' });
      const run = await follow(context, client, asked);
      await report(context, client, { ...run, apply: true }, options);
      if (run.state !== 'done' || options.json || run.rows === 0) return;
      const some: string[] = [];
      for await (const row of client.rows(run.id)) if (some.push(`  ${String(row['customer'])}`) === SHOWN) break;
      context.terminal.out(`Among them:\n${some.join('\n')}\n`);
    });
};
