import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { keeperMarker, type Exit, type FromKeeper, type Launch, type ToKeeper } from './keeper-protocol.ts';
import { StackError } from './stack-error.ts';

/** The starter's end of the line to its keeper. Holds no event loop open. */
export type Keeper = Readonly<{
  start(launch: Launch): Promise<number>;
  onExit(heard: (exit: Exit) => void): void;
  /** Lets the parts live on without this process. */
  release(): Promise<void>;
  /** Closes the line: the keeper stops what still runs, and ends. */
  close(): void;
}>;

const keeperFile = fileURLToPath(new URL('./keeper.ts', import.meta.url));

export const startKeeper = (options: Readonly<{ dir: string; env: Record<string, string>; logFd: number }>): Keeper => {
  const child: ChildProcess = spawn(process.execPath, ['--no-warnings', '--max-semi-space-size=1', keeperFile, keeperMarker(options.dir)], {
    cwd: options.dir,
    env: options.env,
    detached: true,
    stdio: ['ignore', options.logFd, options.logFd, 'ipc'],
  });
  child.unref();
  child.channel?.unref();
  const heard: ((exit: Exit) => void)[] = [];
  const waiting = new Map<string, { resolve(pid: number): void; reject(error: Error): void }>();
  const failAll = (reason: string): void => {
    for (const [name, { reject }] of waiting) reject(new StackError('STACK.PREPARE_FAILED', `${name} could not be started: ${reason}`));
    waiting.clear();
  };
  child.on('message', (message: FromKeeper) => {
    if (message.told === 'exited') return heard.forEach((hear) => hear(message.exit));
    const waiter = waiting.get(message.name);
    waiting.delete(message.name);
    if (message.told === 'started') waiter?.resolve(message.pid);
    else waiter?.reject(new StackError('STACK.PREPARE_FAILED', `${message.name} could not be started: ${message.reason}`));
  });
  child.on('error', (error) => failAll(error.message));
  child.on('disconnect', () => failAll('its keeper ended'));
  const say = (message: ToKeeper): Promise<void> =>
    new Promise((resolve, reject) => child.send(message, (error) => (error ? reject(error) : resolve())));

  return {
    start: (launch) => {
      child.channel?.ref();
      const started = new Promise<number>((resolve, reject) => waiting.set(launch.name, { resolve, reject }));
      say({ do: 'start', launch }).catch((error: unknown) => failAll(String(error)));
      return started.finally(() => {
        if (waiting.size === 0) child.channel?.unref();
      });
    },
    onExit: (hear) => void heard.push(hear),
    release: async () => {
      await say({ do: 'release' });
      child.disconnect();
    },
    close: () => {
      if (child.connected) child.disconnect();
    },
  };
};
