import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AppInstance } from './apps.ts';
import { openLog } from './log-files.ts';
import { repositoryRoot } from './places.ts';
import type { RestartPolicy } from './restart-policy.ts';

/** How a process of an app is run: `bundle` by Node, with `env` as all of its environment. */
export type AppLaunch = Readonly<{ instance: AppInstance; bundle: string; port: number; host: string; env: Readonly<Record<string, string>>; log: string; dir: string; policy: RestartPolicy; preload?: string | undefined }>;

export const bundleOf = (app: string): string => join(repositoryRoot, 'apps', app, 'dist/main.mjs');

const lifeline = new URL('./lifeline.mjs', import.meta.url).href;
const spareFile = fileURLToPath(new URL('./spare.mjs', import.meta.url));

/**
 * A worker's heap holds one batch and little else (libs/log bounds its bytes and its records), and V8 would size it by the machine's memory: left alone, a worker
 * behind a backlog grows to 700 MB of garbage. These have it collected at about one and a half times of what lives.
 */
const WORKER_HEAP = ['--max-semi-space-size=16', '--max-old-space-size=160', '--heap-growing-percent=60'];
/** An API's heap holds the requests in flight, which it bounds itself: only the young generation is kept small. */
const API_HEAP = ['--max-semi-space-size=16'];
const HEAPS: Readonly<Record<string, readonly string[]>> = { 'identity-resolver': WORKER_HEAP, 'profile-projector': WORKER_HEAP, 'channel-orchestrator': WORKER_HEAP, 'ingest-api': API_HEAP };
/** Buffers of a fetch go back to the system at once, and are not kept by glibc for the next. */
const ALLOCATOR = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072' };

const spawnWith = async ({ log: path, env, dir, preload, instance: { app, name } }: AppLaunch, args: readonly string[]): Promise<ChildProcess> => {
  const log = await openLog(path);
  // In a session of its own: a Ctrl-C at the terminal reaches the command, which stops the apps in order. It holds its log open itself.
  const child = spawn(process.execPath, [...(HEAPS[app.name] ?? []), '--import', lifeline, ...(preload === undefined ? [] : ['--import', preload]), ...args, `--system=${dir}`, `--process=${name}`], {
    cwd: repositoryRoot, env: { ...ALLOCATOR, ...env }, detached: true, stdio: ['ignore', log.fd, log.fd, 'ipc'],
  });
  await log.close();
  child.channel?.unref();
  return child;
};

export const spawnApp = (launch: AppLaunch): Promise<ChildProcess> => spawnWith(launch, [launch.bundle]);

export type ToSpare = Readonly<{ do: 'load'; bundle: string }> | Readonly<{ do: 'listen' }>;

/** A process that has loaded an app's packages, and waits to be told to become the app. */
export type Spare = Readonly<{
  child: ChildProcess;
  /** False once it has ended. */
  isThere: () => boolean;
  /** Imports the bundle that is there now; what the app listens on waits. */
  load: () => void;
  listen: () => void;
}>;

export const spawnSpare = async (launch: AppLaunch, packages: readonly string[]): Promise<Spare> => {
  const child = await spawnWith(launch, [spareFile, JSON.stringify(packages)]);
  child.unref();
  child.on('error', () => undefined);
  const say = (message: ToSpare): void => {
    if (child.connected) child.send(message, () => undefined);
  };
  return {
    child,
    isThere: () => child.exitCode === null && child.signalCode === null && child.pid !== undefined,
    load: () => say({ do: 'load', bundle: launch.bundle }),
    listen: () => {
      child.ref();
      say({ do: 'listen' });
    },
  };
};
