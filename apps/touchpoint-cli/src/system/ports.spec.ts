import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { AppEntry } from './apps.ts';
import { instancesOf } from './apps.ts';
import { choosePorts, untilFree, type PortWishes } from './ports.ts';

const app = (name: string, port: number): AppEntry => ({ name, port, kind: 'worker', says: '' });
const instances = instancesOf([app('one', 4001), app('two', 4011)], { two: 2 });
const wishes: PortWishes = { usual: false, kept: {}, asked: {}, seed: 'x' };
const free = () => Promise.resolve(true);

describe('choosing ports', () => {
  it('takes the usual ones, further processes 100 above', async () => {
    expect(await choosePorts(instances, { ...wishes, usual: true, kept: { one: 1 } }, () => Promise.resolve(false))).toEqual({ one: 4001, two: 4011, 'two-2': 4111 });
  });

  it('goes where the environment says', async () => {
    expect(await choosePorts(instances, { ...wishes, usual: true, asked: { two: 5011 } })).toEqual({ one: 4001, two: 5011, 'two-2': 5111 });
  });

  it('keeps those of the last start while they are free, and gives none to another', async () => {
    const first = await choosePorts(instances.slice(0, 1), wishes, free);
    const later = await choosePorts(instances, { ...wishes, kept: { two: first['one']! } }, free);
    expect(later['two']).toBe(first['one']);
    expect(new Set(Object.values(later)).size).toBe(3);
    const moved = await choosePorts(instances, { ...wishes, kept: later }, (port) => Promise.resolve(port !== later['two']));
    expect(moved).toMatchObject({ one: later['one'], 'two-2': later['two-2'] });
    expect(moved['two']).not.toBe(later['two']);
  });
});

describe('a port that is taken', () => {
  let server: Server | undefined;
  afterEach(() => void server?.close());
  const listen = () =>
    new Promise<number>((resolve) => {
      server = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'));
      server.listen(0, '127.0.0.1', () => resolve((server!.address() as AddressInfo).port));
    });

  it('says which variable moves the app, when a stranger has it', async () => {
    await expect(untilFree(await listen(), '127.0.0.1', 'ingest-api', () => undefined)).rejects.toThrow(/INGEST_API_PORT/);
  });

  it('is waited for', async () => {
    const port = await listen();
    await untilFree(port, '127.0.0.1', 'ingest-api', () => server!.close());
  });
});
