import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withLock } from './lock.ts';
import { identify } from './process-identity.ts';

describe('a lock', () => {
  let dir: string;
  let path: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lock-'));
    path = join(dir, 'lock');
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('lets one at a time work, and leaves nothing behind', async () => {
    let inside = 0;
    let most = 0;
    const turns = Array.from({ length: 8 }, () => withLock(path, 60_000, async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    }));
    await Promise.all(turns);
    expect(most).toBe(1);
    expect(await readdir(dir)).toEqual([]);
  });

  it('is given back when the work fails', async () => {
    await expect(withLock(path, 60_000, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withLock(path, 60_000, () => Promise.resolve('yes'))).toBe('yes');
  });

  it('is taken over from a process that was killed', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const holder = await identify(child.pid ?? 0, '');
    await writeFile(path, JSON.stringify(holder));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    expect(await withLock(path, 60_000, () => Promise.resolve('mine'))).toBe('mine');
  });

  it('is taken over by one of many waiters when its file was never written whole', async () => {
    await writeFile(path, '{"pid":');
    let inside = 0;
    await Promise.all(Array.from({ length: 6 }, () => withLock(path, 60_000, async () => {
      expect(++inside).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    })));
  });

  it('names the process that holds it too long', async () => {
    await withLock(path, 60_000, async () => {
      const waited: number[] = [];
      await expect(withLock(path, 0, () => Promise.resolve(), { onWait: (pid) => waited.push(pid) })).rejects.toMatchObject({ code: 'STACK.LOCKED', message: expect.stringContaining(String(process.pid)) });
    });
  });

  it('is not waited for once the wait is called off', async () => {
    const off = new AbortController();
    await withLock(path, 60_000, () => expect(withLock(path, 60_000, () => Promise.resolve(), { onWait: () => off.abort(new Error('off')), signal: off.signal })).rejects.toThrow('off'));
  });
});
