import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openRejects, type RejectLine } from './reject-file.ts';

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'touchpoint-rejects-'));
  path = join(dir, 'a.rejects.ndjson');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const reject = (line: number): RejectLine => ({ line, lastLine: line, rows: 1, key: 'é', code: 'X', reason: 'x' });
const lines = async () => (await readFile(path, 'utf8')).split('\n').filter(Boolean).map((line) => (JSON.parse(line) as RejectLine).line);
const written = async (keep: number, ...rows: readonly number[]) => {
  const file = await openRejects(path, keep);
  await file.append(rows.map(reject));
  await file.close();
  return file.bytes();
};

describe('a reject file', () => {
  it('is not there until something is rejected', async () => {
    await written(0);
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });
  it('keeps what the ledger vouches for, and what lies beyond is told again', async () => {
    const keep = await written(0, 1, 2);
    await written(keep, 3, 4);
    await written(keep, 3, 5);
    expect(await lines()).toEqual([1, 2, 3, 5]);
  });
  it('begins anew with an import that begins anew', async () => {
    await written(0, 1, 2);
    await written(0, 7);
    expect(await lines()).toEqual([7]);
  });
  it('goes on where somebody took the earlier one away', async () => {
    const keep = await written(0, 1, 2);
    await rm(path);
    await written(keep, 3);
    expect(await lines()).toEqual([3]);
  });
  it('may be read by its owner only, and replaces no other file', async () => {
    await written(0, 1);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await writeFile(path, 'mine');
    await expect(openRejects(path, 0)).rejects.toMatchObject({ code: 'IMPORT.REJECTS' });
    await expect(openRejects(join(dir, 'none/r'), 0).then((file) => file.append([reject(1)]))).rejects.toMatchObject({ code: 'IMPORT.REJECTS' });
  });
});
