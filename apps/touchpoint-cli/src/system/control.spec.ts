import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ownFolder, readControl, socketPath, stopByControl } from './control-client.ts';
import { openControl, type Control, type ControlAnswers } from './control-server.ts';
import type { Progress } from './system.ts';

let dir: string;
let open: Control[] = [];
const answers = (view: object): ControlAnswers => ({
  status: () => view,
  start: () => Promise.reject(new Error('it is too late')),
  stop: async (tell) => {
    tell({ part: 'one', state: 'done', text: 'stopped' });
    await Promise.resolve();
  },
});
const control = async (view: object): Promise<void> => {
  open.push(await openControl(dir, answers(view)));
};
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'touchpoint-control-'));
});
afterEach(async () => {
  for (const one of open) await one.close();
  open = [];
  await rm(dir, { recursive: true });
});

describe('a folder with a running system', () => {
  it('answers its owner only', async () => {
    await control({ pid: 7 });
    expect(await readControl(dir)).toEqual({ pid: 7 });
    expect((await stat(socketPath(dir))).mode & 0o777).toBe(0o600);
  });

  it('may have too long a name for a socket: that lies in a folder of ours alone', async () => {
    const folder = ownFolder(dir);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(ownFolder(dir)).toBe(folder);
    await chmod(folder, 0o777);
    expect(() => ownFolder(dir)).toThrow(expect.objectContaining({ code: 'SYSTEM.FOLDER_NOT_OURS' }));
  });

  it('says what happens while it stops', async () => {
    await control({});
    const told: Progress[] = [];
    expect(await stopByControl(dir, (progress) => told.push(progress))).toBe(true);
    expect(told).toEqual([{ part: 'one', state: 'done', text: 'stopped' }]);
  });

  it('refuses a second one', async () => {
    await control({ pid: 7 });
    await expect(control({ pid: 8 })).rejects.toMatchObject({ code: 'SYSTEM.RUNNING' });
    expect(await readControl(dir)).toEqual({ pid: 7 });
  });
});

describe('a folder without one', () => {
  it('has nothing to say', async () => {
    expect(await readControl(dir)).toBeUndefined();
    expect(await readControl(join(dir, 'none'))).toBeUndefined();
    expect(await stopByControl(dir, () => undefined)).toBe(false);
  });

  it('can be taken over from a killed process, which left its socket', async () => {
    const left = createServer();
    await new Promise<void>((resolve) => left.listen(socketPath(dir), resolve));
    // What a kill leaves: a socket that nobody listens at. Node itself would remove it.
    const kept = `${socketPath(dir)}.kept`;
    const { link, rename } = await import('node:fs/promises');
    await link(socketPath(dir), kept);
    await new Promise<void>((resolve) => left.close(() => resolve()));
    await rename(kept, socketPath(dir));
    expect(await readControl(dir)).toBeUndefined();
    await control({ pid: 9 });
    expect(await readControl(dir)).toEqual({ pid: 9 });
  });

  it('has a socket whose path every system takes', () => {
    expect(Buffer.byteLength(socketPath(`/tmp/${'long/'.repeat(40)}`))).toBeLessThanOrEqual(100);
  });
});
