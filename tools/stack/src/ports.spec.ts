import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createServer } from 'node:net';
import { choosePorts, isFree } from './ports.ts';

const names = ['postgres', 'registry', 'kafka-1'];
const allFree = (): Promise<boolean> => Promise.resolve(true);

describe('choosing ports', () => {
  it('takes the wished ones that are free', async () => {
    const ports = await choosePorts(names, { postgres: 4032, 'kafka-1': 4092 }, 'seed', (port) => Promise.resolve(port !== 4092));
    expect(ports['postgres']).toBe(4032);
    expect(ports['kafka-1']).not.toBe(4092);
  });

  it('is the same for the same seed and free ports', async () => expect(await choosePorts(names, {}, '/a', allFree)).toEqual(await choosePorts(names, {}, '/a', allFree)));

  it('gives each name a port of its own, free, and outside of what clients are lent', () =>
    fc.assert(fc.asyncProperty(fc.string(), fc.integer({ min: 2, max: 7 }), fc.constantFrom(4032, undefined), async (seed, every, wished) => {
      const free = (port: number): Promise<boolean> => Promise.resolve(port % every !== 0);
      const chosen = Object.values(await choosePorts(names, wished ? { postgres: wished, registry: wished } : {}, seed, free));
      expect(new Set(chosen).size).toBe(names.length);
      for (const port of chosen) {
        expect(await free(port)).toBe(true);
        expect(port).toBeLessThan(32_768);
      }
    })));

  it('sees that a port is taken, and free again', async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)));
    expect(await isFree(port)).toBe(false);
    await new Promise((resolve) => server.close(resolve));
    expect(await isFree(port)).toBe(true);
  });
});
