import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accountsIn, reachable, unprivilegedAccount } from './account.ts';

describe('accounts', () => {
  it('are read from a password file, negative numbers as the kernel knows them', () => {
    const accounts = accountsIn('# comment\nroot:x:0:0:root:/root:/bin/sh\nnobody:*:-2:-2:Unprivileged:/var/empty:/usr/bin/false\n');
    expect(accounts.get('nobody')).toEqual({ name: 'nobody', uid: 4294967294, gid: 4294967294 });
  });
  it('are not lent when we are not root', async () => expect(await unprivilegedAccount(1000)).toBeUndefined());
});

describe('a folder', () => {
  let dir: string;
  const stranger = { name: 'stranger', uid: 4242, gid: 4242 };
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'account-'));
    await mkdir(join(dir, 'a/b'), { recursive: true });
    await chmod(dir, 0o711);
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  it('is reached when every folder above it lets others in', async () => expect(await reachable(join(dir, 'a/b/not-there-yet'), stranger)).toBe(true));
  it('is not reached when one above it does not, as a home folder', async () => {
    await chmod(join(dir, 'a'), 0o700);
    expect(await reachable(join(dir, 'a/b'), stranger)).toBe(false);
  });
});
