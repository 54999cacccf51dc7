import { afterReady } from '../after-ready.ts';
import { replicasOf, type UpOptions } from '../commands/up.command.ts';
import { CliError } from '../system/cli-error.ts';
import type { Places } from '../system/places.ts';
import { startSystem } from '../system/start-system.ts';
import type { System } from '../system/system.ts';
import { failureText } from '../view/failure.ts';
import { plain } from '../view/terminal.ts';
import { deferred } from './deferred.ts';
import type { FromSupervisor, ToSupervisor } from './protocol.ts';

const tell = (message: FromSupervisor): Promise<void> => new Promise((resolve) => (process.connected ? process.send!(message, () => resolve()) : resolve()));

/** Runs a system until it is asked to stop or a part of the stack dies. @returns the exit code. */
export const supervise = async (options: UpOptions, places: Places): Promise<number> => {
  const called = new AbortController();
  let livesOn = false;
  process.on('message', (message: ToSupervisor) => {
    if (message.do === 'live on') livesOn = true;
  });
  process.on('disconnect', () => {
    if (!livesOn) called.abort(new CliError('SYSTEM.CALLED_OFF', 'The command that started it ended before it was ready'));
  });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => called.abort(new CliError('SYSTEM.CALLED_OFF', `Stopped by ${signal}`)));
  process.on('SIGHUP', () => undefined);

  const ended = deferred<number>();
  called.signal.addEventListener('abort', () => ended.resolve(0));
  let system: System;
  try {
    system = await startSystem({
      dir: places.dir,
      replicas: replicasOf(options),
      ...(options.only && { apps: options.only }),
      afterReady,
      signal: called.signal,
      onProgress: (progress) => void tell({ told: 'progress', progress }),
      onEvent: (event) => {
        void tell({ told: 'event', event });
        if (event.kind === 'part-died') ended.resolve(1);
        if (event.kind === 'asked-to-stop') ended.resolve(0);
      },
    });
  } catch (error) {
    const { text, exitCode } = failureText(error, plain);
    await tell({ told: 'failed', text, exitCode });
    return exitCode;
  }
  await tell({ told: 'ready', view: system.view(), ...(system.firstKeys && { firstKeys: system.firstKeys }) });
  const code = await ended.promise;
  await system.stop();
  return code;
};
