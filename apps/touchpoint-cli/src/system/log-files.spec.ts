import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lastLines, openLog, readTail, rotate } from './log-files.ts';

let dir: string;
let path: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'touchpoint-logs-'));
  path = join(dir, 'logs/app.log');
});
afterEach(() => rm(dir, { recursive: true }));

describe('a log', () => {
  it('is readable by its owner only', async () => {
    await (await openLog(path)).close();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('that grew too large is kept beside, and its writer goes on in an empty one', async () => {
    const writer = await openLog(path);
    await writer.write('first\n');
    expect(await rotate(path, 100)).toBe(false);
    await writer.write(`${'x'.repeat(200)}\n`);
    expect(await rotate(path, 100)).toBe(true);
    await writer.write('second\n');
    await writer.close();
    expect(await readFile(path, 'utf8')).toBe('second\n');
    expect(await readFile(`${path}.1`, 'utf8')).toMatch(/^first\nx+\n$/);
  });

  it('gives its last lines, and those since a run began only', async () => {
    await (await openLog(path)).close();
    await appendFile(path, 'one\ntwo\n');
    const { end } = await readTail(path);
    await appendFile(path, 'three\nfour\n');
    expect(await lastLines(path, 3)).toEqual(['two', 'three', 'four']);
    expect(await lastLines(path, 3, end)).toEqual(['three', 'four']);
    expect(await lastLines(join(dir, 'none'), 3)).toEqual([]);
  });

  it('is never read whole', async () => {
    await (await openLog(path)).close();
    await appendFile(path, `${'y'.repeat(99)}\n`.repeat(10_000));
    const lines = await lastLines(path, 5);
    expect(lines).toEqual(Array.from({ length: 5 }, () => 'y'.repeat(99)));
    expect((await readTail(path, { bytes: 1_000 })).text).toHaveLength(1_000);
  });
});
