import { createHash } from 'node:crypto';
import { createServer } from 'node:net';

/** Names of ports: `postgres`, `registry`, `registry-management`, `kafka-1`, `kafka-1-controller`, … */
export type Ports = Readonly<Record<string, number>>;

/** Below what Linux and macOS give to outgoing connections: a port that waits in a file for the next start must not be lent to a client meanwhile. */
const first = 20_000;
const count = 12_000;

/** What `.stack` takes when it is free, so that a developer's bookmarks stay good. */
export const usualPorts: Ports = {
  postgres: 4032, registry: 4081, 'registry-management': 4082,
  'kafka-1': 4092, 'kafka-1-controller': 4093, 'kafka-2': 4094, 'kafka-2-controller': 4095, 'kafka-3': 4096, 'kafka-3-controller': 4097,
};

export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });

/**
 * One port for each name: the wished one if it is free, else the next free one from a place that depends on `seed`, so that two stacks
 * that start at once hardly ever look at the same.
 */
export const choosePorts = async (names: readonly string[], wished: Ports, seed: string, free: (port: number) => Promise<boolean> = isFree): Promise<Ports> => {
  const chosen: Record<string, number> = {};
  const taken = new Set<number>();
  let next = createHash('sha256').update(seed).digest().readUInt32BE(0) % count;
  for (const name of names) {
    let port = wished[name];
    for (let tried = 0; port === undefined || taken.has(port) || !(await free(port)); tried++) {
      if (tried > 2000) throw new Error(`no free port found for ${name}`);
      port = first + (next++ % count);
    }
    taken.add(port);
    chosen[name] = port;
  }
  return chosen;
};
