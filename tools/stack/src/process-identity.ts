import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/**
 * One process for ever: a pid alone may belong to a stranger tomorrow. `marker` is a piece of the command line that only this part of this
 * stack has; `startedAt` is what the kernel calls its start (opaque text, compared for equality).
 */
export type ProcessIdentity = Readonly<{ pid: number; startedAt: string; marker: string }>;

const exec = promisify(execFile);

type Seen = Readonly<{ startedAt: string; command: string; ending: boolean }>;

const look = async (pid: number): Promise<Seen | undefined> => {
  if (process.platform === 'linux') {
    try {
      const [stat, command] = await Promise.all([readFile(`/proc/${pid}/stat`, 'latin1'), readFile(`/proc/${pid}/cmdline`, 'utf8')]);
      // The name in brackets may hold anything, blanks too: count the fields after it. Only a zombie without other threads has ended: one that has given
      // up its memory (no command line any more) or waits for its threads still holds ports and file locks.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const zombie = fields[0] === 'Z' || fields[0] === 'X';
      return zombie && Number(fields[17]) <= 1 ? undefined : { startedAt: fields[19] ?? '', command: command.replaceAll('\0', ' '), ending: zombie || command === '' };
    } catch {
      return undefined;
    }
  }
  try {
    const { stdout } = await exec('ps', ['-ww', '-o', 'stat=,lstart=,command=', '-p', String(pid)], { timeout: 5000, env: { LC_ALL: 'C' } });
    const found = /^\s*(\S+)\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/s.exec(stdout);
    return !found || found[1]?.startsWith('Z') ? undefined : { startedAt: found[2] ?? '', command: found[3] ?? '', ending: false };
  } catch {
    return undefined;
  }
};

/** The identity of a process that runs now and has the marker in its command line. */
export const identify = async (pid: number, marker: string): Promise<ProcessIdentity | undefined> => {
  const seen = await look(pid);
  return seen && hasMarker(seen.command, marker) ? { pid, startedAt: seen.startedAt, marker } : undefined;
};

/** As whole words: one folder's name may begin with another's. */
const hasMarker = (command: string, marker: string): boolean => marker === '' || ` ${command} `.includes(` ${marker} `);

/** Ids and titles of all processes; `ps` is not there in every Linux container. */
export const allProcesses = async (): Promise<readonly { pid: number; command: string }[]> => {
  if (process.platform === 'linux') {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    return Promise.all(pids.map(async (pid) => ({ pid: Number(pid), command: (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ') })));
  }
  const { stdout } = await exec('ps', ['-ww', '-A', '-o', 'pid=,command='], { timeout: 10_000, maxBuffer: 32 * 1024 * 1024 });
  return stdout.split('\n').map((line) => ({ pid: Number.parseInt(line, 10), command: line.trim().replace(/^\d+\s+/, '') }));
};

/** Every running process with the marker, also those that no state file remembers. */
export const findByMarker = async (marker: string): Promise<readonly ProcessIdentity[]> => {
  const found = (await allProcesses()).filter(({ command }) => hasMarker(command, marker));
  return (await Promise.all(found.map(({ pid }) => identify(pid, marker)))).filter((who) => who !== undefined);
};

/** A process that is ending has no command line any more, and is still the same. */
export const isAlive = async (who: ProcessIdentity): Promise<boolean> => {
  const seen = await look(who.pid);
  return seen !== undefined && seen.startedAt === who.startedAt && (seen.ending || hasMarker(seen.command, who.marker));
};

/** Like `isAlive`, but a process that is just ending is waited for instead of being taken for a running one. */
export const runs = async (who: ProcessIdentity): Promise<boolean> => {
  for (;;) {
    const seen = await look(who.pid);
    if (seen?.startedAt !== who.startedAt) return false;
    if (!seen.ending) return hasMarker(seen.command, who.marker);
    await sleep(20);
  }
};

/** Waits until the process is gone; false when it still runs after `limitMs`. */
export const gone = async (who: ProcessIdentity, limitMs: number): Promise<boolean> => {
  const deadline = Date.now() + limitMs;
  while (await isAlive(who)) {
    if (Date.now() > deadline) return false;
    await sleep(50);
  }
  return true;
};

/** Asks with `signal`, and kills what has not gone after `graceMs`. Never signals a pid that has passed to another process. */
export const stopProcess = async (who: ProcessIdentity, signal: NodeJS.Signals, graceMs: number): Promise<'gone' | 'stopped' | 'killed' | 'stuck'> => {
  if (!(await isAlive(who))) return 'gone';
  send(who.pid, signal);
  if (await gone(who, graceMs)) return 'stopped';
  send(who.pid, 'SIGKILL');
  return (await gone(who, 10_000)) ? 'killed' : 'stuck';
};

const send = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
};
