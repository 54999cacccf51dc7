import { mkdir } from 'node:fs/promises';
import { bringUp } from './bring-up.ts';
import { CliError } from './cli-error.ts';
import { openControl } from './control-server.ts';
import { RunningSystem } from './running-system.ts';
import { settingsOf } from './settings.ts';
import { openSystemLog } from './system-log.ts';
import type { System, SystemOptions } from './system.ts';

/**
 * Brings up a whole system from this process: the parts of the stack that are missing, bundles, topics, schemas, database, secrets and keys, then every app in a
 * process of its own. Resolves when all of them are ready. Where something fails, what this call started is stopped again, and the error names it.
 * @throws CliError (SYSTEM.RUNNING when the folder's system runs already), StackError or ConfigError; each message says what to do.
 */
export const startSystem = async (options: SystemOptions = {}): Promise<System> => {
  const settings = settingsOf(options);
  const { places } = settings;
  await mkdir(places.logs, { recursive: true });
  const log = openSystemLog(places);
  const system = new RunningSystem(settings, log);
  if (options.onEvent) system.onEvent(options.onEvent);

  const calledOff = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, calledOff.signal]) : calledOff.signal;
  let starting: Promise<void> = Promise.resolve();
  const control = await openControl(places.dir, {
    status: () => system.view(),
    start: async (tell) => {
      await starting;
      await system.startMissing(tell);
    },
    stop: async (tell) => {
      system.emit({ kind: 'asked-to-stop' });
      calledOff.abort(new CliError('SYSTEM.CALLED_OFF', 'Stopped by another process before it was ready'));
      await starting.catch(() => undefined);
      await system.stop(tell);
    },
  });
  system.closeControl = control.close;
  log.line('info', {}, 'the system starts');
  try {
    await (starting = bringUp(system, options, signal));
    log.line('info', { durationMs: Date.now() - system.since }, 'the system is ready');
    return system;
  } catch (error) {
    // The message is for whoever typed the command; it may hold an address with its password.
    log.line('error', { code: String((error as { code?: unknown }).code ?? (error as Error).name) }, 'the system could not be started');
    await system.stop().catch(() => undefined);
    throw signal.aborted ? (signal.reason as unknown) : error;
  }
};
