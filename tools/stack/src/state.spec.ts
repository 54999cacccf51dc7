import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmod, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completeState, newState } from './layout.ts';
import { readState, writeState } from './state.ts';

describe('the state of a folder', () => {
  let dir: string;
  beforeEach(async () => void (dir = await mkdtemp(join(tmpdir(), 'state-'))));
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('is nothing before the first start', async () => expect(await readState(dir)).toBeUndefined());

  it('comes back as it was written, in a file that only its owner can read, with no draft beside it', async () => {
    const state = newState();
    await writeFile(join(dir, 'stack.json.new'), 'the rest of a killed writer');
    await chmod(join(dir, 'stack.json.new'), 0o644);
    await writeState(dir, state);
    expect(await readState(dir)).toEqual(state);
    expect((await stat(join(dir, 'stack.json'))).mode & 0o777).toBe(0o600);
    expect(await readdir(dir)).toEqual(['stack.json']);
  });

  it.each(['', '{', '{"version":2}', 'null'])('is refused, by the file’s name, when it holds %j', async (text) => {
    await writeFile(join(dir, 'stack.json'), text);
    await expect(readState(dir)).rejects.toMatchObject({ code: 'STACK.BAD_STATE', message: expect.stringContaining(join(dir, 'stack.json')) });
  });

  it('has passwords of its own each time', () => {
    const { passwords } = newState();
    expect(new Set([...Object.values(passwords), ...Object.values(newState().passwords)]).size).toBe(6);
    for (const password of Object.values(passwords)) expect(password).toMatch(/^[\w-]{24}$/);
  });

  it('keeps the size that its cluster was made with', async () => {
    const state = await completeState(dir, newState(), ['kafka'], 1);
    expect(await completeState(dir, state, ['kafka'], 1)).toEqual(state);
    await expect(completeState(dir, state, ['kafka'], 3)).rejects.toMatchObject({ code: 'STACK.OTHER_SETTINGS' });
  });
});
