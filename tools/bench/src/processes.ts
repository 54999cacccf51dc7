import { readFileSync, readdirSync } from 'node:fs';

/** A process as /proc tells it. Times are microseconds; `ended` is that of children that have been waited for, with theirs. */
export type ProcessStat = Readonly<{ pid: number; parent: number; own: number; ended: number }>;

/** The kernel shows ticks of 1/100 s to programs, whatever it counts in itself. */
const TICK_US = 10_000;

/** Reads a line of /proc/<pid>/stat. The name in it may hold spaces and brackets. */
export const parseStat = (line: string): ProcessStat => {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const ticks = (n: number): number => Number(fields[n - 3]);
  return { pid: Number.parseInt(line, 10), parent: ticks(4), own: (ticks(14) + ticks(15)) * TICK_US, ended: (ticks(16) + ticks(17)) * TICK_US };
};

/** A file of /proc; undefined where the process has gone. */
const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

const allProcesses = (): readonly ProcessStat[] =>
  readdirSync('/proc').flatMap((name) => {
    const line = /^\d+$/.test(name) ? read(`/proc/${name}/stat`) : undefined;
    return line === undefined ? [] : [parseStat(line)];
  });

/** A process and all that descend from it. */
export const treeOf = (root: number, all: readonly ProcessStat[] = allProcesses()): readonly ProcessStat[] => {
  const children = new Map<number, ProcessStat[]>();
  for (const stat of all) children.set(stat.parent, [...(children.get(stat.parent) ?? []), stat]);
  const tree = all.filter(({ pid }) => pid === root);
  for (let i = 0; i < tree.length; i += 1) tree.push(...(children.get(tree[i]!.pid) ?? []));
  return tree;
};

/**
 * CPU time of a tree since it began, in microseconds, that of its ended processes too: a child's time goes over to its parent when it has been waited for, so
 * the sum never shrinks. @throws Error when the root is not there.
 */
export const cpuOfTree = (root: number): number => {
  const tree = treeOf(root);
  if (tree.length === 0) throw new Error(`process ${root} is not there any more`);
  return tree.reduce((sum, { own, ended }) => sum + own + ended, 0);
};

const kilobytes = (status: string | undefined, field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status ?? '')?.[1] ?? 0);

/** Resident memory of a process in MB (10⁶ bytes): now, and the most it ever had. 0 when it has gone. */
export const memoryOf = (pid: number): Readonly<{ now: number; peak: number }> => {
  const status = read(`/proc/${pid}/status`);
  const mb = (field: string) => (kilobytes(status, field) * 1024) / 1e6;
  return { now: mb('VmRSS'), peak: mb('VmHWM') };
};

/** A process's arguments, and its program. */
export const commandOf = (pid: number): readonly string[] => (read(`/proc/${pid}/cmdline`) ?? '').split('\0').filter((argument) => argument !== '');

/** CPU time of the threads of a process by their name, in microseconds. */
export const threadsOf = (pid: number): ReadonlyMap<string, number> => {
  const times = new Map<string, number>();
  let tasks: readonly string[] = [];
  try {
    tasks = readdirSync(`/proc/${pid}/task`);
  } catch {
    // It has gone.
  }
  for (const task of tasks) {
    const line = read(`/proc/${pid}/task/${task}/stat`);
    if (line === undefined) continue;
    const name = line.slice(line.indexOf('(') + 1, line.lastIndexOf(')'));
    times.set(name, (times.get(name) ?? 0) + parseStat(line).own);
  }
  return times;
};
