import { afterReady } from '../after-ready.ts';
import { dirSuffix, type Context } from '../command.ts';
import { replicasOf, type UpOptions } from '../commands/up.command.ts';
import { CliError, EXIT } from '../system/cli-error.ts';
import { readControl, startAgain } from '../system/control-client.ts';
import type { KeyTexts } from '../system/first-keys.ts';
import type { Places } from '../system/places.ts';
import type { System, SystemEvent, SystemView } from '../system/system.ts';
import { noticeOf } from '../view/notices.ts';
import { progressBoard } from '../view/progress-board.ts';
import { summary } from '../view/summary.ts';
import { duration, paint, paintOut } from '../view/terminal.ts';
import { deferred } from './deferred.ts';
import { nextCommands } from './next-commands.ts';
import { startSupervisor } from './start-supervisor.ts';
import type { Watching } from './watch.ts';

type Outcome = Readonly<{ view: SystemView; firstKeys?: KeyTexts | undefined }>;

/** The end of a start: what runs where, and what to type next. */
const show = ({ terminal }: Context, options: UpOptions, places: Places, { view, firstKeys }: Outcome): void => {
  if (options.json) {
    const { connections: _, ...shown } = view;
    return terminal.out(`${JSON.stringify({ ...shown, ...(firstKeys && { firstKeys }) })}\n`);
  }
  terminal.out(summary({ view, firstKeys, keysFile: places.keys, next: nextCommands(view, firstKeys, dirSuffix(options)) }, paintOut));
};

/** Where the folder's system runs already, says so, and starts what of it does not run. @returns false where none runs. */
export const adopt = async (context: Context, options: UpOptions, places: Places): Promise<boolean> => {
  const view = await readControl<SystemView>(places.dir);
  if (!view) return false;
  const { err } = context.terminal;
  err(`A system runs in ${places.dir} already (process ${view.pid}, for ${duration((Date.now() - view.since) / 1000)}${view.ready ? '' : ', still starting'}).\n`);
  const down = view.processes.filter(({ state }) => state === 'failed' || state === 'stopped');
  if (down.length > 0) {
    const board = progressBoard(context.terminal, paint);
    await startAgain(places.dir, board.tell).finally(board.end);
  }
  show(context, options, places, { view: (await readControl<SystemView>(places.dir)) ?? view });
  if (!options.json) err(`Stop it with: npx touchpoint down${dirSuffix(options)}\n`);
  return true;
};

/** Runs the system in this process until Ctrl-C, or until somebody asks it to stop, or a part of the stack dies. @returns the exit code. */
export const runHere = async (context: Context, options: UpOptions, places: Places): Promise<number> => {
  const { terminal } = context;
  const began = Date.now();
  const called = new AbortController();
  const ended = deferred<number>();
  const call = (): void => {
    // The second time somebody does not want to wait: the apps' life lines and the stack's keeper end the rest in order.
    if (called.signal.aborted) process.exit(EXIT.interrupted);
    called.abort(new CliError('SYSTEM.CALLED_OFF', 'Stopped before it was ready; what was started is stopped again', { exitCode: EXIT.interrupted }));
    ended.resolve(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, call);

  let board = progressBoard(terminal, paint);
  const onEvent = (event: SystemEvent): void => {
    const notice = called.signal.aborted ? undefined : noticeOf(event, paint);
    if (notice !== undefined) board.say(notice);
    if (event.kind === 'part-died') ended.resolve(1);
    if (event.kind === 'asked-to-stop') ended.resolve(0);
  };
  try {
    const { startSystem } = await import('../system/start-system.ts');
    const system = await startSystem({
      dir: places.dir, env: context.env, replicas: replicasOf(options), ...(options.only && { apps: options.only }), afterReady, signal: called.signal, tolerant: options.watch === true, onProgress: board.tell, onEvent,
    });
    board.end();
    show(context, options, places, { view: system.view(), firstKeys: system.firstKeys });
    const seconds = (Date.now() - began) / 1000;
    const watching = options.watch ? await watchUntil(called.signal, system, (text) => terminal.err(`${text}\n`)) : undefined;
    terminal.err(paint('dim', `Ready after ${duration(seconds)}. ${watching ? `${watching.text} ` : ''}Ctrl-C stops it; the data stay.\n`));
    const code = await ended.promise;
    watching?.close();
    terminal.err('\n');
    board = progressBoard(terminal, paint);
    await system.stop(board.tell);
    return code;
  } finally {
    board.end();
  }
};

/** A Ctrl-C at the terminal ends esbuild's own process too, and then it may never answer. */
const watchUntil = async (signal: AbortSignal, system: System, say: (text: string) => void): Promise<Watching | undefined> => {
  const { watch } = await import('./watch.ts');
  const off = new Promise<undefined>((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
  return signal.aborted ? undefined : Promise.race([watch(system, say, paint).catch((error: unknown) => (signal.aborted ? undefined : Promise.reject(error as Error))), off]);
};

/** Starts a supervisor that lives on, and shows how far it is until it is ready. @returns the exit code. */
export const runDetached = async (context: Context, options: UpOptions, places: Places): Promise<number> => {
  const { terminal } = context;
  const began = Date.now();
  const board = progressBoard(terminal, paint);
  const supervisor = await startSupervisor(options, places, {
    onProgress: board.tell,
    onEvent: (event) => {
      const notice = noticeOf(event, paint);
      if (notice !== undefined) board.say(notice);
    },
  });
  const callOff = (): void => supervisor.callOff();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, callOff);
  const outcome = await supervisor.outcome.finally(board.end);
  if ('text' in outcome) {
    terminal.err(outcome.text);
    return outcome.exitCode;
  }
  show(context, options, places, outcome);
  await supervisor.release();
  if (!options.json) terminal.err(paint('dim', `Ready after ${duration((Date.now() - began) / 1000)}; it runs on (process ${outcome.view.pid}). Stop it with: npx touchpoint down${dirSuffix(options)}\n`));
  return 0;
};
