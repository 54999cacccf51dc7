import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryFile } from '@touchpoint/log';

const run = promisify(execFile);
/** Exact, as a lock would have it. */
const PACKAGES = ['segment-analytics-python==2.4.0', 'requests==2.34.2', 'python-dateutil==2.9.0.post0', 'PyJWT[crypto]==2.12.1'];
const NAME = 'segment-analytics-python-2.4.0';

/** Why the Python client cannot be tried here; undefined where it can. */
export const noPython = async (): Promise<string | undefined> => {
  try {
    await run('python3', ['-c', 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))']);
    return undefined;
  } catch {
    return 'there is no python3 of at least 3.9 with venv on this machine';
  }
};

/** A Python with the client, made once under node_modules/.cache. */
const python = async (): Promise<string> => {
  const cache = join(repositoryFile('node_modules'), '.cache');
  const home = join(cache, NAME);
  if (!existsSync(home)) {
    const making = `${home}.${process.pid}`;
    await mkdir(cache, { recursive: true });
    try {
      await run('python3', ['-m', 'venv', making]);
      await run(join(making, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-input', ...PACKAGES], { timeout: 240_000 });
      // A half-made one is never taken for one that is ready.
      await rename(making, home).catch((error: NodeJS.ErrnoException) => {
        if (!existsSync(home)) throw error;
      });
    } finally {
      await rm(making, { recursive: true, force: true });
    }
  }
  return join(home, 'bin/python');
};

/** Sends one of each call. @returns the messageIds that the client gave them. */
export const sendByPython = async (host: string, writeKey: string, gzip: boolean): Promise<readonly string[]> => {
  const { stdout } = await run(await python(), [join(import.meta.dirname, 'python-sdk.fixture.py'), host, writeKey, gzip ? 'yes' : 'no'], { timeout: 60_000 });
  return JSON.parse(stdout) as readonly string[];
};
