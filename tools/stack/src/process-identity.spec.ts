import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { choosePorts, isFree } from './ports.ts';
import { findByMarker, gone, identify, isAlive, stopProcess } from './process-identity.ts';

const children: ChildProcess[] = [];
const start = async (marker: string, code = 'setInterval(() => {}, 1000); up()'): Promise<number> => {
  const child = spawn(process.execPath, ['-e', `const up = () => console.log('up'); ${code}`, marker], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return child.pid ?? 0;
};
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));
const marker = (name: string): string => `part=${name}@${process.pid}`;

describe('a process that runs', () => {
  it('is known by its pid, start and marker', async () => {
    const pid = await start(marker('a'));
    const who = await identify(pid, marker('a'));
    expect(who).toMatchObject({ pid });
    expect(await isAlive(who!)).toBe(true);
  });

  it('is a stranger when it started at another time: its pid was given out again', async () => {
    const who = await identify(await start(marker('b')), marker('b'));
    expect(await isAlive({ ...who!, startedAt: '1' })).toBe(false);
    expect(await stopProcess({ ...who!, startedAt: '1' }, 'SIGTERM', 1000)).toBe('gone');
    expect(await isAlive(who!)).toBe(true);
  });

  it('is a stranger when its marker only begins like ours', async () => {
    const pid = await start(`${marker('c')}-and-more`);
    expect(await identify(pid, marker('c'))).toBeUndefined();
    expect(await findByMarker(marker('c'))).toEqual([]);
  });

  it('is found by its marker alone', async () => {
    const pid = await start(marker('d'));
    expect((await findByMarker(marker('d'))).map((who) => who.pid)).toEqual([pid]);
  });

  it('ends at a polite signal', async () => {
    const who = await identify(await start(marker('e')), marker('e'));
    expect(await stopProcess(who!, 'SIGTERM', 10_000)).toBe('stopped');
    expect(await isAlive(who!)).toBe(false);
  });

  it('has given back its ports once it counts as ended, however many threads it had', async () => {
    const busy = "const { Worker } = require('node:worker_threads'); for (let i = 0; i < 4; i++) new Worker('setInterval(() => {}, 1000); globalThis.held = Buffer.alloc(3e7, 1)', { eval: true });";
    for (let round = 0; round < 5; round++) {
      const { port = 0 } = await choosePorts(['port'], {}, marker(`g${round}`));
      const who = await identify(await start(marker('g'), `${busy} require('node:net').createServer().listen(${port}, '127.0.0.1', () => setTimeout(up, 100))`), marker('g'));
      process.kill(who!.pid, 'SIGKILL');
      await gone(who!, 60_000);
      expect(await isFree(port)).toBe(true);
    }
  });

  it('is killed when it does not', async () => {
    const who = await identify(await start(marker('f'), 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); up()'), marker('f'));
    expect(await stopProcess(who!, 'SIGTERM', 100)).toBe('killed');
  });
});
