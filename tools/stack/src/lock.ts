import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';
import { StackError } from './stack-error.ts';

export type WaitOptions = Readonly<{ onWait?: (pid: number) => void; signal?: AbortSignal | undefined }>;

/**
 * One process at a time works under `path`. A holder that was killed is known by its pid and start time, and its lock is taken over.
 * Within one process the lock is held once too: the file names the holder's turn.
 */
export const withLock = async <T>(path: string, limitMs: number, work: () => Promise<T>, options: WaitOptions = {}): Promise<T> => {
  await mkdir(dirname(path), { recursive: true });
  const turn = `${path}.${randomUUID()}`;
  const me = await identify(process.pid, '');
  const mine = JSON.stringify({ ...me, turn });
  await writeFile(turn, mine, { mode: 0o600 });
  try {
    await take(path, turn, limitMs, options);
    await sweep(path);
    try {
      return await work();
    } finally {
      if ((await read(path)) === mine) await rm(path, { force: true });
    }
  } finally {
    await rm(turn, { force: true });
  }
};

const read = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);

const take = async (path: string, turn: string, limitMs: number, { onWait, signal }: WaitOptions): Promise<void> => {
  const deadline = Date.now() + limitMs;
  for (let waited = false; ; ) {
    signal?.throwIfAborted();
    if (await linked(turn, path)) return;
    const held = await read(path);
    const holder = held === undefined ? undefined : holderIn(held);
    if (held !== undefined && !(holder && (await isAlive(holder)))) {
      // Between reading and renaming another waiter may have taken over: then what was renamed is his, and goes back.
      const aside = `${turn}.dead`;
      await rename(path, aside).catch(() => undefined);
      if ((await read(aside)) !== held) await linked(aside, path);
      await rm(aside, { force: true });
      continue;
    }
    if (Date.now() > deadline) throw new StackError('STACK.LOCKED', `${path} is held by process ${holder?.pid ?? '?'} for more than ${limitMs / 1000} s: end that process, or wait for it.`);
    if (!waited && holder) onWait?.(holder.pid);
    waited = true;
    await sleep(100);
  }
};

/** Removes what waiters left that were killed while they waited. */
const sweep = async (path: string): Promise<void> => {
  for (const name of await readdir(dirname(path))) {
    if (!name.startsWith(`${basename(path)}.`)) continue;
    const file = join(dirname(path), name);
    const waiter = holderIn((await read(file)) ?? '');
    if (!waiter || !(await isAlive(waiter))) await rm(file, { force: true });
  }
};

const linked = (from: string, to: string): Promise<boolean> => link(from, to).then(() => true, () => false);

const holderIn = (text: string): ProcessIdentity | undefined => {
  try {
    return JSON.parse(text) as ProcessIdentity;
  } catch {
    return undefined;
  }
};
