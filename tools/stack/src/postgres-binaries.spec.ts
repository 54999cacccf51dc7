import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { usableCopy } from './postgres-binaries.ts';

describe('the packaged Postgres', () => {
  let native: string;
  beforeEach(async () => {
    native = join(await mkdtemp(join(tmpdir(), 'binaries-')), 'native');
    await mkdir(join(native, 'lib'), { recursive: true });
    await writeFile(join(native, 'lib/libx.so.60.2'), 'library');
    await writeFile(join(native, 'pg-symlinks.json'), JSON.stringify([{ source: 'native/lib/libx.so.60.2', target: 'native/lib/libx.so.60' }]));
  });
  afterEach(() => rm(join(native, '..'), { recursive: true, force: true }));

  it('is used where it lies when its links are there', async () => {
    await symlink('libx.so.60.2', join(native, 'lib/libx.so.60'));
    expect(await usableCopy(native, '18.4', undefined)).toBe(native);
  });

  it('is copied, with its links, once, when the package manager ran no scripts', async () => {
    const copies = await Promise.all([1, 2, 3].map(() => usableCopy(native, '18.4', undefined)));
    expect(new Set(copies)).toEqual(new Set([join(native, '..', 'postgres-18.4')]));
    expect(await readFile(join(copies[0] ?? '', 'lib/libx.so.60'), 'utf8')).toBe('library');
    expect((await readdir(join(native, '..'))).sort()).toEqual(['native', 'postgres-18.4']);
  });
});
