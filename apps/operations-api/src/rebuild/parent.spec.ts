import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';

const FILE = join(import.meta.dirname, 'told-late.process.fixture.ts');

let child: ChildProcess;
afterEach(() => void child.kill('SIGKILL'));

/** A process that talks to us, and what it printed and ended with. */
const talking = async (file: string) => {
  child = fork(FILE, [file], { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const ended = Promise.all([once(child, 'exit') as Promise<[number | null, string | null]>, text(child.stdout!), text(child.stderr!)]);
  await once(child, 'message');
  return { ended };
};

describe('a process whose parent is gone', () => {
  const folder = mkdtempSync(join(tmpdir(), 'touchpoint-test-'));
  const file = join(folder, 'go');

  it('ends quietly when it says something to it', async () => {
    const { ended } = await talking(file);
    child.send('look for the file');
    await once(child, 'message');
    child.disconnect();
    await once(child, 'disconnect');
    writeFileSync(file, '');
    try {
      expect(await ended).toEqual([[0, null], '', '']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('ends quietly when it has nothing to say', async () => {
    const { ended } = await talking(file);
    child.disconnect();
    expect(await ended).toEqual([[0, null], '', '']);
  });
});
