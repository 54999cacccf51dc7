/**
 * The parent of the parts: a process of its own session, so that neither Ctrl-C nor a SIGKILL of the starter reaches a part before it may.
 * Its channel to the starter is its life line: when that closes without a `release`, it stops the parts in order and ends.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withLock } from './lock.ts';
import { cap, rotate } from './log-file.ts';
import { exitFile, keeperMarker, type Exit, type FromKeeper, type Launch, type ToKeeper } from './keeper-protocol.ts';

const dir = (process.argv[2] ?? '').slice(keeperMarker('').length);
const running = new Map<string, { launch: Launch; child: ChildProcess; ended: Promise<void> }>();
let released = false;
let stopping: 'no' | 'now' | 'done' = 'no';

const tell = (message: FromKeeper): void => {
  if (process.connected) process.send?.(message, () => undefined);
};

const endIfIdle = (): void => {
  if (running.size === 0 && (released || stopping === 'done') && !process.connected) process.exit(0);
};

const keepArchive = async ({ archive }: Launch, { code, signal }: Exit): Promise<void> => {
  if (!archive) return;
  const clean = signal === null && (code === 0 || code === 128 + 15);
  if (clean) await rename(archive.written, archive.place).catch(() => undefined);
  await rm(archive.written, { force: true });
};

const start = async (launch: Launch): Promise<void> => {
  await rotate(launch.log);
  await rm(exitFile(launch.log), { force: true });
  const log = await open(launch.log, 'a', 0o600);
  const child = spawn(launch.file, launch.args, {
    env: launch.env,
    cwd: launch.cwd,
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
    ...(launch.account && { uid: launch.account.uid, gid: launch.account.gid }),
  });
  void log.close();
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      tell({ told: 'failed', name: launch.name, reason: error.message });
      running.delete(launch.name);
      resolve();
    });
    child.once('exit', (code, signal) => {
      const exit: Exit = { name: launch.name, pid: child.pid ?? 0, code, signal };
      void (async () => {
        await Promise.allSettled([keepArchive(launch, exit), writeFile(exitFile(launch.log), JSON.stringify(exit), { mode: 0o600 })]);
        running.delete(launch.name);
        tell({ told: 'exited', exit });
        resolve();
        endIfIdle();
      })();
    });
  });
  if (child.pid === undefined) return;
  running.set(launch.name, { launch, child, ended });
  tell({ told: 'started', name: launch.name, pid: child.pid });
};

/** Who starts the same stack meanwhile waits at its lock, and finds no part that is half gone. */
const stopAll = async (): Promise<void> => {
  if (stopping !== 'no') return;
  stopping = 'now';
  if (running.size > 0) await withLock(join(dir, 'lock'), 60_000, stopTiers).catch(stopTiers);
  stopping = 'done';
  endIfIdle();
};

const stopTiers = async (): Promise<void> => {
  const tiers = [...new Set([...running.values()].map(({ launch }) => launch.tier))].sort((a, b) => b - a);
  for (const tier of tiers) {
    const parts = [...running.values()].filter(({ launch }) => launch.tier === tier);
    await Promise.all(parts.map(async ({ launch, child, ended }) => {
      child.kill(launch.stopSignal);
      const kill = setTimeout(() => child.kill('SIGKILL'), launch.graceMs);
      await ended;
      clearTimeout(kill);
    }));
  }
};

// A start that is under way when the line breaks must be known before anything is stopped.
let last: Promise<void> = Promise.resolve();
process.on('message', (message: ToKeeper) => {
  if (message.do === 'release') released = true;
  else last = last.then(() => start(message.launch)).catch((error: unknown) => tell({ told: 'failed', name: message.launch.name, reason: String(error) }));
});
process.on('disconnect', () => {
  void last.then(() => (released ? endIfIdle() : stopAll()));
});
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => void last.then(stopAll));
setInterval(() => {
  for (const { launch } of running.values()) void cap(launch.log).catch(() => undefined);
}, 30_000).unref();
