import { rm } from 'node:fs/promises';
import type { Env } from '@touchpoint/host/config';
import { about, dirOption, examples, type CommandFile, type DirOption } from '../command.ts';
import { stopByControl } from '../system/control-client.ts';
import type { Places } from '../system/places.ts';
import { progressBoard, type ProgressBoard } from '../view/progress-board.ts';
import { paint } from '../view/terminal.ts';

type DownOptions = DirOption & Readonly<{ wipe?: boolean }>;

/** Stops what of the stack still runs, whoever started it; with `wipe`, removes its data. */
const stopStackParts = async (dir: string, env: Env, wipe: boolean, board: ProgressBoard): Promise<void> => {
  const { stopStack } = await import('@touchpoint/stack');
  await stopStack({ dir, env, wipe, onProgress: ({ part, message }) => board.tell({ part, state: 'done', text: message }) });
};

const wipeOwn = async ({ logs, secrets, keys, settings, schemas, imports }: Places): Promise<void> => {
  for (const path of [logs, secrets, keys, settings, schemas, imports]) await rm(path, { recursive: true, force: true });
};

export const downCommand: CommandFile = (program, context) => {
  program
    .command('down')
    .description('stop the apps and the stack of a folder, a detached system too; the data stay')
    .option('--wipe', 'remove its data, keys, secrets and logs as well')
    .option(...dirOption)
    .addHelpText('after', examples('down', 'down --wipe'))
    .action(async (options: DownOptions) => {
      const { places, config } = about(context, options);
      const { err } = context.terminal;
      const wipe = options.wipe ?? false;
      if (wipe) err(`Removes all of ${places.dir}: Kafka's and Postgres' data, the schema registry, API keys, secrets, logs.\n`);
      const board = progressBoard(context.terminal, paint);
      try {
        const ran = await stopByControl(places.dir, board.tell);
        // Own settings go first: rmdir of the folder is the last thing that the stack does.
        if (wipe) await wipeOwn(places);
        await stopStackParts(places.dir, context.env, wipe, board);
        board.end();
        err(wipe ? 'Stopped and removed.\n' : ran ? 'Stopped; the data stay. Start again with: npx touchpoint up\n' : `Nothing runs in ${places.dir} any more.\n`);
        const foreign = [config.KAFKA_BROKERS && 'KAFKA_BROKERS', config.DATABASE_URL && 'DATABASE_URL'].filter(Boolean);
        if (wipe && foreign.length > 0) err(`What ${foreign.join(' and ')} name${foreign.length === 1 ? 's' : ''} is not ours to wipe: topics and tables there stay.\n`);
      } finally {
        board.end();
      }
    });
};
