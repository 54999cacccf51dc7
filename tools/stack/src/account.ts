import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StackError } from './stack-error.ts';

export type Account = Readonly<{ name: string; uid: number; gid: number }>;

/** Postgres refuses to run as root: root lends it `postgres` or `nobody`. Undefined: we are not root, and it runs as we do. */
export const unprivilegedAccount = async (uid = process.getuid?.()): Promise<Account | undefined> => {
  if (uid !== 0) return undefined;
  const accounts = accountsIn(await readFile('/etc/passwd', 'utf8').catch(() => ''));
  const account = ['postgres', '_postgres', 'nobody'].map((name) => accounts.get(name)).find((found) => found !== undefined && found.uid !== 0);
  if (!account) throw new StackError('STACK.NO_ACCOUNT', 'Postgres cannot run as root, and neither an account "postgres" nor "nobody" exists: create one, or start as another user.');
  return account;
};

export const accountsIn = (passwd: string): ReadonlyMap<string, Account> => {
  const accounts = new Map<string, Account>();
  for (const line of passwd.split('\n')) {
    const [name, , uid, gid] = line.split(':');
    // macOS writes nobody's -2, which the kernel knows as an unsigned number.
    if (name && uid && gid && !name.startsWith('#')) accounts.set(name, { name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 });
  }
  return accounts;
};

/** Can this account get into that folder? Looks at the mode bits of every folder above it, as root's own access proves nothing. */
export const reachable = async (path: string, account: Account): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined);
  if (found) {
    const bit = found.uid === account.uid ? 0o100 : found.gid === account.gid ? 0o010 : 0o001;
    if ((found.mode & bit) === 0) return false;
  }
  return dirname(path) === path || reachable(dirname(path), account);
};
