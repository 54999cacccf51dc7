import { about, type Context, type DirOption } from '../command.ts';
import { CliError, EXIT } from '../system/cli-error.ts';
import { readControl } from '../system/control-client.ts';
import { readOwnKeys } from '../system/first-keys.ts';
import type { Places } from '../system/places.ts';
import type { SystemView } from '../system/system.ts';

/** Where an import posts to, by which key, and which folder remembers how far it is. */
export type ImportTarget = Readonly<{ url: string; key: string; places: Places }>;

const APP = 'ingest-api';

/**
 * What the environment names, else the running system of the folder with the command's own key. That key is sent to no other address.
 * @throws CliError that says what to start or to set
 */
export const importTarget = async (context: Context, options: DirOption & Readonly<{ url?: string }>): Promise<ImportTarget> => {
  const { config, places } = about(context, options);
  const url = options.url ?? config.INGEST_URL;
  if (url !== undefined) {
    if (!URL.canParse(url)) throw new CliError('IMPORT.URL', `${url} is no URL`, { exitCode: EXIT.usage });
    if (config.IMPORT_KEY === undefined) throw new CliError('IMPORT.NO_KEY', `A key for ${url} is needed: set IMPORT_KEY to one with the scope events:import`, { exitCode: EXIT.usage });
    return { url, key: config.IMPORT_KEY, places };
  }
  const view = await readControl<SystemView>(places.dir);
  const ingest = view?.processes.find(({ app, state }) => app === APP && state === 'ready');
  if (!ingest) throw new CliError('CLI.NOT_RUNNING', `No ${APP} runs in ${places.dir}: start the system with npx touchpoint up, or set INGEST_URL and IMPORT_KEY`, { exitCode: EXIT.notRunning });
  const key = config.IMPORT_KEY ?? (await readOwnKeys(places))?.import;
  if (key === undefined) throw new CliError('IMPORT.NO_KEY', `There is no key in ${places.keys}: run npx touchpoint up, or set IMPORT_KEY`);
  return { url: ingest.url, key, places };
};
