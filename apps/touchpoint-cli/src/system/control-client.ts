import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { CliError } from './cli-error.ts';
import type { Progress } from './system.ts';

/** A path of a socket may be no longer than this on some systems. */
const MAX_SOCKET_PATH = 100;

/** A folder for sockets whose own place has too long a name. Ours alone: in the shared one, somebody else could listen under our name and be sent our keys. */
export const ownFolder = (shared = tmpdir()): string => {
  const { uid } = userInfo();
  const folder = join(shared, `touchpoint-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  if (!found.isDirectory() || (uid >= 0 && (found.uid !== uid || (found.mode & 0o077) !== 0))) throw new CliError('SYSTEM.FOLDER_NOT_OURS', `${folder} belongs to, or is open to, somebody else: remove it, or set TMPDIR to a folder of your own`);
  return folder;
};

/** Where a folder's running system listens. Only its owner may connect: whoever can has found a living supervisor, whatever pids are about. */
export const socketPath = (dir: string): string => {
  const inside = join(dir, 'control.sock');
  return Buffer.byteLength(inside) <= MAX_SOCKET_PATH ? inside : join(ownFolder(), `${createHash('sha256').update(dir).digest('hex').slice(0, 24)}.sock`);
};

type Ask = Readonly<{ method: 'GET' | 'POST'; url: string; limitMs: number }>;

/** Asks whoever listens at a path; each line of the answer as it comes. @returns false where nobody listens. */
export const askAt = (path: string, { method, url, limitMs }: Ask, onLine: (line: unknown) => void): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const asked = request({ socketPath: path, method, path: url, agent: false, timeout: limitMs }, (answer) => {
      let rest = '';
      answer.setEncoding('utf8');
      answer.on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') onLine(JSON.parse(line));
      });
      answer.on('end', () => resolve(true));
      answer.on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new CliError('SYSTEM.SILENT', `The process that runs the system does not answer at ${path}: end that process, then run npx touchpoint up`)));
    asked.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ENOTDIR' ? resolve(false) : reject(error)));
    asked.end();
  });

/** What the running system of a folder says of itself; undefined where none runs. */
export const readControl = async <T>(dir: string): Promise<T | undefined> => {
  let view: T | undefined;
  await askAt(socketPath(dir), { method: 'GET', url: '/status', limitMs: 5_000 }, (line) => { view = line as T; });
  return view;
};

const act = async (dir: string, url: string, onProgress: (progress: Progress) => void, limitMs: number): Promise<boolean> => {
  let problem: string | undefined;
  const there = await askAt(socketPath(dir), { method: 'POST', url, limitMs }, (line) => {
    const told = line as Progress | Readonly<{ error: string }>;
    if ('error' in told) problem = told.error;
    else onProgress(told);
  });
  if (problem !== undefined) throw new CliError('SYSTEM.ACT_FAILED', problem);
  return there;
};

/** Asks the running system to stop, and waits until it has. @returns false where none runs. */
export const stopByControl = (dir: string, onProgress: (progress: Progress) => void): Promise<boolean> => act(dir, '/stop', onProgress, 120_000);

/** Asks the running system to start those of its processes that do not run. @returns false where none runs. */
export const startAgain = (dir: string, onProgress: (progress: Progress) => void): Promise<boolean> => act(dir, '/start', onProgress, 300_000);
