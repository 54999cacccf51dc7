import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { cpuOfTree, memoryOf, parseStat, treeOf } from './processes.ts';

const LINE = '4242 (a (odd) name) S 17 4242 4242 0 -1 4194304 100 200 0 0 151 49 30 20 20 0 11 0 12345 1000000 2000 18446744073709551615';

describe('a line of /proc/<pid>/stat', () => {
  it('is read behind the name, whatever the name holds', () => {
    expect(parseStat(LINE)).toEqual({ pid: 4242, parent: 17, own: 2_000_000, ended: 500_000 });
  });
});

describe('a tree of processes', () => {
  const stat = (pid: number, parent: number) => ({ pid, parent, own: 0, ended: 0 });

  it('holds children of children, and no stranger', () => {
    expect(treeOf(2, [stat(1, 0), stat(4, 3), stat(2, 1), stat(3, 2), stat(5, 1)]).map(({ pid }) => pid)).toEqual([2, 3, 4]);
  });

  const linux = process.platform === 'linux' ? it : it.skip;

  linux('keeps the time of a child that has ended', async () => {
    // Its grandchild burns a tenth of a second and ends; the shell waits for it and goes on living until its input closes.
    const burn = 'const end = process.cpuUsage().user + 100000; while (process.cpuUsage().user < end);';
    const shell = spawn('/bin/sh', ['-c', `"$0" -e "$1"; echo done; read line`, process.execPath, burn], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(shell.stdout, 'data');
    expect(treeOf(shell.pid!)).toHaveLength(1);
    expect(cpuOfTree(shell.pid!)).toBeGreaterThanOrEqual(100_000);
    expect(memoryOf(shell.pid!).peak).toBeGreaterThan(0);
    const ended = once(shell, 'exit');
    shell.stdin.end();
    await ended;
    expect(() => cpuOfTree(shell.pid!)).toThrow('is not there any more');
  });
});
