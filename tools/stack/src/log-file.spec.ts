import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cap, lastLines, rotate } from './log-file.ts';

describe('a log', () => {
  let dir: string;
  let path: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'log-'));
    path = join(dir, 'part.log');
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('gives its last lines', async () => {
    await writeFile(path, 'a\nb\nc\n');
    expect(await lastLines(path, 2)).toEqual(['b', 'c']);
    expect(await lastLines(join(dir, 'none'))).toEqual([]);
  });

  it('is cut to its last lines when it grew too long, and its writer goes on behind the cut', async () => {
    const writer = await open(path, 'a');
    await writer.write(Array.from({ length: 1000 }, (_, i) => `line ${i}\n`).join(''));
    await cap(path, 2000);
    await writer.write('after\n');
    await writer.close();
    expect((await stat(path)).size).toBeLessThan(2200);
    const text = await readFile(path, 'utf8');
    expect(text.startsWith('… cut at')).toBe(true);
    expect(text.endsWith('line 998\nline 999\nafter\n')).toBe(true);
  });

  it('is left alone when it is short', async () => {
    await writeFile(path, 'short\n');
    await cap(path, 2000);
    expect(await readFile(path, 'utf8')).toBe('short\n');
  });

  it('makes way for the next run, which leaves one before it', async () => {
    await writeFile(path, 'first\n');
    await rotate(path);
    await writeFile(path, 'second\n');
    await rotate(path);
    expect(await readFile(`${path}.1`, 'utf8')).toBe('second\n');
  });
});
